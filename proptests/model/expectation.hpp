// SPDX-License-Identifier: MIT
// What the documentation of the heap promises, worked out a second time from the geometry's list of
// block sizes alone: how large a block is, and whether memory may be refused.
#pragma once

#include <algorithm>
#include <bit>

#include "base/bits.hpp"
#include "geometry/size_classes.hpp"
#include "layout/tables.hpp"
#include "proptests/model/program.hpp"

namespace arenite::model {

template <Geometry G>
constexpr std::size_t kLargestSmall = G::kBlockBytes.back();

/// What a program's heap reserves.
template <Geometry G>
constexpr std::size_t range_bytes(const Configuration& configuration) {
  return std::clamp(configuration.arenas * kArenaBytes<G>, G::kMinRangeBytes, G::kRangeBytes);
}

/// The usable size of a fresh block: the smallest block size that holds the request and is a
/// multiple of the alignment, or whole pages.
template <Geometry G>
constexpr std::size_t expected_usable(std::size_t request, std::size_t alignment = 1) {
  for (std::size_t bytes : G::kBlockBytes)
    if (bytes >= request && bytes % std::max(alignment, G::kAlignment) == 0) return bytes;
  return round_up(std::max(request, kLargestSmall<G> + 1), G::kPageBytes);
}

/// Whether a request of this size and alignment is served from a pool.
template <Geometry G>
constexpr bool is_small(std::size_t request, std::size_t alignment = 1) {
  return request <= kLargestSmall<G> && expected_usable<G>(request, alignment) <= kLargestSmall<G>;
}

/// Whether the heap could have served a request, judged from its arenas: then it must have. Pools
/// and blocks that other threads hold do not count.
template <Geometry G>
class Room {
 public:
  using Root = HeapRoot<Native>;

  explicit Room(const Root& root)
      : root_(root), tables_(root), arenas_(root.range.bytes / kArenaBytes<G>) {}

  bool serves(std::size_t request, std::size_t alignment) const {
    if (is_small<G>(request, alignment))
      return serves_small(expected_usable<G>(request, alignment));
    if (request > root_.range.bytes || alignment > root_.range.bytes) return false;
    const std::size_t pools = divide_up(std::max(request, kLargestSmall<G> + 1), G::kPoolBytes);
    if (pools <= kArenaPools && alignment <= kArenaBytes<G>) return fits_in_arena(pools, alignment);
    return fits_across(pools, alignment);
  }

 private:
  bool serves_small(std::size_t block_bytes) const {
    const auto& blocks = G::kBlockBytes;
    const auto index = std::find(blocks.begin(), blocks.end(), block_bytes) - blocks.begin();
    if (root_.lists[index].head != kNone) return true;
    for (std::size_t arena = 0; arena < arenas_; ++arena)
      if (free_pools(arena) != 0) return true;
    return false;
  }

  bool fits_in_arena(std::size_t pools, std::size_t alignment) const {
    const std::size_t step = std::max(alignment, G::kPoolBytes) / G::kPoolBytes;
    for (std::size_t arena = 0; arena < arenas_; ++arena)
      for (std::size_t first = 0; first + pools <= kArenaPools; first += step) {
        const std::uint64_t wanted = low_bits(static_cast<unsigned>(pools)) << first;
        if ((free_pools(arena) & wanted) == wanted) return true;
      }
    return false;
  }

  /// Such a span begins at the beginning of an arena.
  bool fits_across(std::size_t pools, std::size_t alignment) const {
    for (std::size_t arena = 0; arena < arenas_; ++arena) {
      if ((root_.range.address + arena * kArenaBytes<G>) % alignment != 0) continue;
      std::size_t room = 0;
      for (std::size_t next = arena; next < arenas_; ++next) {
        const std::uint64_t free = free_pools(next);
        room += static_cast<std::size_t>(std::countr_one(free));
        if (free != ~std::uint64_t{0}) break;
      }
      if (room >= pools) return true;
    }
    return false;
  }

  /// An arena that is not there yet could be.
  std::uint64_t free_pools(std::size_t arena) const {
    if (arena >= tables_.arena_count()) return ~std::uint64_t{0};
    return tables_.arena(ArenaIndex{static_cast<std::uint32_t>(arena)}).free_pools;
  }

  const Root& root_;
  Tables<G> tables_;
  std::size_t arenas_;
};

}  // namespace arenite::model
