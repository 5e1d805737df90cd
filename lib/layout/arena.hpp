// SPDX-License-Identifier: MIT
// An arena's descriptor: 64 pools, so each set of pools is one word. An arena is in exactly one
// list, the one for its number of free pools; all fields change under the range lock only.
#pragma once

#include <cstdint>

#include "geometry/geometry.hpp"
#include "layout/space.hpp"

namespace arenite {

template <class Space>
struct ArenaDescriptor {
  /// Pools that belong to nobody.
  std::uint64_t free_pools;
  /// Free pools whose pages may hold old contents: kept for the next use, and counted.
  std::uint64_t dirty_pools;
  /// Free pools that were dirty once and whose pages were given back since.
  std::uint64_t decommitted_pools;
  std::uint32_t next;
  std::uint32_t previous;
};
static_assert(kSameLayout<ArenaDescriptor> && sizeof(ArenaDescriptor<Native>) == 32);

/// Heads of the arena lists, by number of free pools, 0 to 64.
inline constexpr unsigned kArenaLists = kArenaPools + 1;

}  // namespace arenite
