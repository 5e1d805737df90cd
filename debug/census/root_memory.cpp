// SPDX-License-Identifier: MIT
#include "debug/census/root_memory.hpp"

#include <algorithm>

namespace arenite {

RootMemory root_memory(const std::vector<RootArea>& areas, PresentPages& present) {
  RootMemory memory;
  for (const RootArea& area : areas) {
    for (Address at = area.region.begin; at < area.region.end;) {
      const Region there = present.next(at, area.region.end);
      if (at < there.begin) memory.untouched.push_back({at, there.begin});
      if (there.begin < there.end) memory.touched.push_back(there);
      at = there.end;
    }
    // Where an ended thread's control block is looked for, touched or not.
    const Address from = std::max(area.region.begin, area.region.end - kControlBytes);
    memory.touched.push_back({from, area.region.end});
  }
  return memory;
}

}  // namespace arenite
