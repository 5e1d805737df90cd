// SPDX-License-Identifier: MIT
#include "debug/map/pinned.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/bits.hpp"

namespace arenite::map {
namespace {

/// 0 if the blocks of the pool need no bitmap to be told apart.
std::size_t bitmap_bytes(const HeapPlan& plan, const PoolColumns& pools, std::uint32_t pool) {
  if (pools.size_class[pool] == kNoClass) return 0;
  const std::size_t capacity = plan.root.classes[pools.size_class[pool]].capacity;
  return pools.live[pool] == capacity ? 0 : (capacity + 7) / 8;
}

}  // namespace

std::uint64_t kept_bytes(const HeapPlan& plan, const PoolColumns& pools, std::uint32_t pool) {
  if (pools.size_class[pool] == kNoClass) return 0;
  const std::uint64_t block_bytes = plan.root.classes[pools.size_class[pool]].block_bytes;
  const std::uint64_t touched = round_up(pools.carved[pool] * block_bytes, plan.root.page_bytes);
  return std::min<std::uint64_t>(touched, plan.root.pool_bytes);
}

std::uint64_t pinned_bytes(const HeapPlan& plan, const PoolColumns& pools, std::uint32_t pool) {
  if (pools.live[pool] == 0 || pools.size_class[pool] == kNoClass) return 0;
  const std::uint64_t kept = kept_bytes(plan, pools, pool);
  const std::uint64_t block_bytes = plan.root.classes[pools.size_class[pool]].block_bytes;
  return kept - std::min(kept, pools.live[pool] * block_bytes);
}

std::vector<std::uint32_t> arenas_by_pinned_bytes(const HeapPlan& plan, const HeapFrame& frame) {
  std::vector<std::uint64_t> pinned(frame.pool_count / kArenaPools);
  for (std::uint32_t pool = 0; pool < frame.pool_count; ++pool)
    pinned[pool / kArenaPools] += pinned_bytes(plan, frame.pools, pool);
  std::vector<std::uint32_t> arenas(pinned.size());
  std::iota(arenas.begin(), arenas.end(), 0u);
  std::sort(arenas.begin(), arenas.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(pinned[b], a) < std::pair(pinned[a], b);
  });
  return arenas;
}

std::vector<bool> choose_detail(const HeapPlan& plan, const HeapFrame& frame, std::size_t bytes) {
  std::vector<bool> chosen(frame.pool_count);
  for (const std::uint32_t arena : arenas_by_pinned_bytes(plan, frame))
    for (std::uint32_t pool = arena * kArenaPools; pool < (arena + 1) * kArenaPools; ++pool) {
      const std::size_t needed = bitmap_bytes(plan, frame.pools, pool);
      if (needed == 0 || needed > bytes) continue;
      bytes -= needed;
      chosen[pool] = true;
    }
  return chosen;
}

}  // namespace arenite::map
