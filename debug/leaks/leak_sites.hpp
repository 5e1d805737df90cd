// SPDX-License-Identifier: MIT
// From marked blocks to groups by stack, suppressed ones taken out. One thread; never allocates but
// by mapping.
#pragma once

#include "debug/leaks/leak_check.hpp"
#include "debug/leaks/live_blocks.hpp"
#include "debug/leaks/reach.hpp"

namespace arenite {

class LeakSites {
 public:
  /// Requires: `order` holds a word for each block.
  LeakSites(LiveBlocks& blocks, const Reach& reach, std::uint32_t* order)
      : blocks_(blocks), reach_(reach), order_(order) {}

  /// A leak is suppressed by its own stack or by that of the leak it hangs from. Adds to the
  /// totals. False if there is no memory.
  bool gather(const LeakSettings& settings, LeakTotals& totals);
  void tell(void (*report)(void* reporter, const LeakSite& site), void* reporter) const;

 private:
  void list_leaks();
  void suppress_stacks(const LeakSettings& settings);
  void suppress_what_hangs();
  void add(std::uint32_t block, LeakTotals& totals);

  LiveBlocks& blocks_;
  const Reach& reach_;
  std::uint32_t* order_;
  std::size_t leaks_ = 0;
  MappedMemory memory_;
  LeakSite* sites_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace arenite
