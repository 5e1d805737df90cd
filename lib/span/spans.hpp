// SPDX-License-Identifier: MIT
// Spans: blocks above the largest class, as stretches of pools, in one arena or across several. A
// freed span is just free pools again, so pools and spans share one store of dirty pages and one
// policy for giving them back. Everything here runs under the range lock, except what the owner of
// a span does with its contents.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "arena/arenas.hpp"

namespace arenite {

template <class Geometry, PageSource Pages>
class Spans {
 public:
  using Root = HeapRoot<Native>;
  static constexpr std::size_t kPool = Geometry::kPoolBytes;
  static constexpr std::size_t kArena = kArenaBytes<Geometry>;

  Spans(Root& root, Pages& pages)
      : root_(root), pages_(pages), tables_(root), arenas_(root, pages) {}

  /// The stretch of pools that is to be a span, and those of them that may hold old contents.
  struct Taken {
    PoolIndex first{kNone};
    std::uint32_t dirty = 0;                       ///< how many may
    std::uint32_t dirty_begin = 0, dirty_end = 0;  ///< between which they lie, from `first` on
  };

  static std::uint32_t pools_for(std::size_t bytes) {
    return static_cast<std::uint32_t>(divide_up(bytes, kPool));
  }

  /// A span of `bytes` at a multiple of `alignment`, a power of two. `first` is kNone if it cannot
  /// be had. The range lock is let go between taking the pools and clearing them: with `zeroed`,
  /// call `clear` after it.
  Taken take(std::size_t bytes, std::size_t alignment) {
    if (bytes > root_.range.bytes || alignment > root_.range.bytes) return {};
    const std::uint32_t pools = pools_for(bytes);
    PoolIndex first = find(pools, alignment);
    if (first.value == kNone) {
      if (arenas_.extend(missing_arenas(pools, alignment))) {
        first = find(pools, alignment);
        ARN_ASSERT(first.value != kNone);
      } else {
        // The last resort: a gap in an arena that was passed over.
        first = find(pools, alignment, kEveryLook);
        if (first.value == kNone) return {};
      }
    }
    const Taken taken = take_pools(first, pools);
    record(first, pools, bytes);
    return taken;
  }

  /// Makes the span's pools free again. The pages of its first `moved` bytes were moved away: the
  /// pools they filled are as if never used.
  void give(PoolIndex first, std::size_t moved = 0) {
    const std::uint32_t pools = tables_.pool(first).span_pools;
    const std::uint32_t clean = static_cast<std::uint32_t>(moved / kPool);
    forget(first, pools);
    if (clean > 0) arenas_.give_clean(first, clean);
    if (clean < pools) arenas_.give(PoolIndex{first.value + clean}, pools - clean);
  }

  /// Makes the span hold `bytes`, where it stands. False if the pools behind it are not free.
  bool resize(PoolIndex first, std::size_t bytes) {
    const std::uint32_t had = tables_.pool(first).span_pools, wanted = pools_for(bytes);
    if (wanted > had) {
      if (!free_stretch(first.value + had, wanted - had)) return false;
      take_pools(PoolIndex{first.value + had}, wanted - had);
    }
    forget(first, had);
    record(first, wanted, bytes);
    if (wanted < had) arenas_.give(PoolIndex{first.value + wanted}, had - wanted);
    return true;
  }

  /// Zeroes the pools of a span that may hold old contents, and leaves the pages before and behind
  /// them untouched. Not under the range lock.
  void clear(const Taken& taken, std::size_t bytes) {
    if (taken.dirty == 0) return;
    const std::size_t begin = taken.dirty_begin * kPool;
    const std::size_t end = std::min(taken.dirty_end * kPool, bytes);
    std::memset(reinterpret_cast<void*>(tables_.pool_address(taken.first) + begin), 0, end - begin);
  }

 private:
  /// Looks at this many arenas of a list before going on to the next list.
  static constexpr std::uint32_t kLooks = 32;
  static constexpr std::uint32_t kEveryLook = ~std::uint32_t{0};

  PoolIndex find(std::uint32_t pools, std::size_t alignment, std::uint32_t looks = kLooks) const {
    return pools <= kArenaPools && alignment <= kArena ? find_in_arena(pools, alignment, looks)
                                                       : find_across(pools, alignment);
  }

  /// Arenas to be added for a span to begin at the first multiple of the alignment behind the last
  /// arena in use. The free ones at the end count: a range nearly full must not refuse what fits.
  std::size_t missing_arenas(std::uint32_t pools, std::size_t alignment) const {
    const std::uint32_t have = tables_.arena_count();
    std::uint32_t end = have;
    while (end > 0 && tables_.arena(ArenaIndex{end - 1}).free_pools == ~std::uint64_t{0}) --end;
    const Address begin =
        round_up(tables_.pool_address(PoolIndex{end * kArenaPools}), std::max(alignment, kArena));
    return (begin - root_.range.address) / kArena + divide_up(pools, kArenaPools) - have;
  }

  /// In the fullest arena that has room; there, where pages are still in place if that can be.
  PoolIndex find_in_arena(std::uint32_t pools, std::size_t alignment, std::uint32_t looks) const {
    const std::uint64_t starts = aligned_starts(alignment);
    for (unsigned list = arenas_.next_list(pools); list <= kArenaPools;
         list = arenas_.next_list(list + 1)) {
      std::uint32_t left = looks;
      for (std::uint32_t i = root_.arena_lists[list]; i != kNone && left > 0; --left) {
        const ArenaDescriptor<Native>& arena = tables_.arena(ArenaIndex{i});
        const std::uint64_t fits = stretches(arena.free_pools, pools) & starts;
        if (fits != 0) {
          const std::uint64_t dirty = stretches(arena.dirty_pools, pools) & starts;
          return PoolIndex{i * kArenaPools + lowest_bit(dirty != 0 ? dirty : fits)};
        }
        i = arena.next;
      }
    }
    return PoolIndex{kNone};
  }

  /// At the beginning of the first arena from which enough pools are free.
  PoolIndex find_across(std::uint32_t pools, std::size_t alignment) const {
    const std::uint32_t arenas = tables_.arena_count();
    for (std::uint32_t i = 0; i < arenas;) {
      const PoolIndex first{i * kArenaPools};
      if (tables_.pool_address(first) % alignment != 0) {
        ++i;
        continue;
      }
      const std::uint32_t room = free_from(i, pools);
      if (room >= pools) return first;
      i += room / kArenaPools + 1;
    }
    return PoolIndex{kNone};
  }

  /// Free pools from the beginning of an arena on, counted up to `wanted`.
  std::uint32_t free_from(std::uint32_t arena, std::uint32_t wanted) const {
    const std::uint32_t arenas = tables_.arena_count();
    std::uint32_t room = 0;
    for (; arena < arenas && room < wanted; ++arena) {
      const std::uint64_t free = tables_.arena(ArenaIndex{arena}).free_pools;
      room += static_cast<std::uint32_t>(std::countr_one(free));
      if (free != ~std::uint64_t{0}) break;
    }
    return room;
  }

  /// The pools of an arena that lie at multiples of the alignment, which is at most an arena.
  static constexpr std::uint64_t aligned_starts(std::size_t alignment) {
    if (alignment <= kPool) return ~std::uint64_t{0};
    std::uint64_t starts = 0;
    for (std::size_t bit = 0; bit < kArenaPools; bit += alignment / kPool)
      starts |= std::uint64_t{1} << bit;
    return starts;
  }

  bool free_stretch(std::uint32_t first, std::uint32_t pools) const {
    const std::uint64_t end = std::uint64_t{first} + pools;
    if (end > std::uint64_t{tables_.arena_count()} * kArenaPools) return false;
    bool all = true;
    Arenas<Geometry, Pages>::for_each_arena(
        PoolIndex{first}, pools, [this, &all](ArenaIndex arena, std::uint64_t part) {
          all = all && (tables_.arena(arena).free_pools & part) == part;
        });
    return all;
  }

  Taken take_pools(PoolIndex first, std::uint32_t pools) {
    Taken taken{first};
    arenas_.for_each_arena(first, pools, [this, &taken](ArenaIndex arena, std::uint64_t part) {
      const std::uint64_t dirty = arenas_.take(arena, part);
      if (dirty == 0) return;
      const std::uint32_t arena_begins = arena.value * kArenaPools - taken.first.value;
      if (taken.dirty == 0) taken.dirty_begin = arena_begins + lowest_bit(dirty);
      taken.dirty_end = arena_begins + kArenaPools - static_cast<unsigned>(std::countl_zero(dirty));
      taken.dirty += member_count(dirty);
    });
    return taken;
  }

  void record(PoolIndex first, std::uint32_t pools, std::size_t bytes) {
    PoolDescriptor<Native>& head = tables_.pool(first);
    head.span_pools = pools;
    head.span_bytes = round_up(bytes, Geometry::kPageBytes);
    if (pools > 1) {
      PoolDescriptor<Native>& end = tables_.pool(PoolIndex{first.value + pools - 1});
      end.span_pools = pools;
      end.state.store(PoolState::span_end, std::memory_order_relaxed);
    }
    // Relaxed: a thread that is given the span's address synchronises with its owner anyway.
    head.state.store(PoolState::span, std::memory_order_relaxed);
  }

  void forget(PoolIndex first, std::uint32_t pools) {
    tables_.pool(first).state.store(PoolState::free, std::memory_order_relaxed);
    tables_.pool(PoolIndex{first.value + pools - 1})
        .state.store(PoolState::free, std::memory_order_relaxed);
  }

  Root& root_;
  Pages& pages_;
  Tables<Geometry> tables_;
  Arenas<Geometry, Pages> arenas_;
};

}  // namespace arenite
