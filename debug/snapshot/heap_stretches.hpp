// SPDX-License-Identifier: MIT
// Which stretches of a process a snapshot of a heap holds.
#pragma once

#include <algorithm>
#include <vector>

#include "debug/audit/plan.hpp"
#include "debug/memory/regions.hpp"

namespace arenite::snapshot {

/// The root, and the tables as far as arenas and threads in use need them; with `full` what the
/// arenas hold, too. Disjoint unless the root lies.
inline std::vector<Region> heap_stretches(const HeapPlan& plan, bool full) {
  const auto stretch = [](Address from, std::uint64_t bytes) { return Region{from, from + bytes}; };
  std::vector<Region> stretches{
      stretch(plan.root_address, sizeof plan.root),
      {plan.arena(0), plan.arena(plan.arena_count)},
      {plan.class_byte(0), plan.class_byte(plan.pool_count)},
      {plan.pool(0), plan.pool(plan.pool_count)},
      {plan.bitmap(0), plan.bitmap(plan.pool_count)},
      stretch(plan.root.shelves.address, plan.root.shelves.committed),
      {plan.thread(0), plan.thread(plan.thread_count)},
  };
  if (full) stretches.push_back(stretch(plan.root.range.address, plan.root.range.committed));
  std::erase_if(stretches, [](const Region& region) { return region.begin >= region.end; });
  return stretches;
}

}  // namespace arenite::snapshot
