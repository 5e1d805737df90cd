// SPDX-License-Identifier: MIT
// Arenas and their free pools. Everything here runs under the range lock.
//
// An arena stands in the list for its number of free pools. A pool is taken from the arena with the
// fewest, so that the emptiest can drain; among its pools, one whose pages are still there.
//
// Pages go back with hysteresis. Freed pools stay dirty, ready for the next use, until there are
// more than `retain_pools` of them and more than a quarter of the pools in use; then the emptiest
// arenas give theirs back, down to half. A pool that is taken again after its pages were given back
// shows that more should have been kept: `retain_pools` grows by one. Giving back shrinks it again
// by a sixteenth, so a program that breathes keeps its breath, and one that freed everything keeps
// kRetainedPools.
//
// Behind the first kLargePagesFrom bytes, fresh arenas come in large pages, which are touched by
// one fault each and missed less often. Small heaps would pay for them with memory; and an arena of
// which some pools went back comes in small ones, or the system would make it whole again.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "arena/reservation.hpp"
#include "base/bits.hpp"
#include "base/contract.hpp"
#include "layout/tables.hpp"

namespace arenite {

template <class Geometry, PageSource Pages>
class Arenas {
 public:
  using Root = HeapRoot<Native>;
  static constexpr std::size_t kArena = kArenaBytes<Geometry>;

  Arenas(Root& root, Pages& pages) : root_(root), pages_(pages), tables_(root) {}

  /// Puts the lists of an empty heap in order.
  void open() {
    std::fill(std::begin(root_.arena_lists), std::end(root_.arena_lists), kNone);
    root_.retain_pools = Geometry::kRetainedPools;
  }

  /// One free pool, or kNone if the range is full or the system refuses.
  PoolIndex take_pool() {
    ArenaIndex arena = fullest();
    if (arena.value == kNone) {
      if (!extend(1)) return PoolIndex{kNone};
      arena = fullest();
    }
    const ArenaDescriptor<Native>& descriptor = tables_.arena(arena);
    const std::uint64_t dirty = descriptor.free_pools & descriptor.dirty_pools;
    const unsigned bit = lowest_bit(dirty != 0 ? dirty : descriptor.free_pools);
    take(arena, std::uint64_t{1} << bit);
    return PoolIndex{arena.value * kArenaPools + bit};
  }

  /// Takes these pools of an arena. Returns those among them whose pages may hold old contents.
  /// Requires: all of them are free.
  std::uint64_t take(ArenaIndex index, std::uint64_t pools) {
    ArenaDescriptor<Native>& arena = tables_.arena(index);
    ARN_ASSERT((arena.free_pools & pools) == pools);
    const unsigned count = member_count(pools), free = member_count(arena.free_pools);
    const std::uint64_t dirty = arena.dirty_pools & pools;
    const unsigned returning = count_of(arena.decommitted_pools & pools, pools, count);
    root_.retain_pools = std::min(root_.retain_pools + returning, kMaxRetained);
    arena.dirty_pools &= ~pools;
    arena.decommitted_pools &= ~pools;
    root_.dirty_pools -= count_of(dirty, pools, count);
    root_.used_pools += count;
    arena.free_pools &= ~pools;
    relink(index, free, free - count);
    return dirty;
  }

  /// Gives pools from `first` on back, across arenas, as dirty ones.
  void give(PoolIndex first, std::uint32_t pools) {
    for_each_arena(first, pools, [this](ArenaIndex index, std::uint64_t part) {
      tables_.arena(index).dirty_pools |= part;
      root_.dirty_pools += mark_free(index, part);
    });
    if (root_.dirty_pools > most_dirty()) {
      root_.retain_pools =
          std::max(Geometry::kRetainedPools, root_.retain_pools - root_.retain_pools / 16);
      purge(most_dirty() / 2);
    }
  }

  /// The same of pools whose pages nobody touched since they read as zero.
  void give_clean(PoolIndex first, std::uint32_t pools) {
    for_each_arena(first, pools,
                   [this](ArenaIndex index, std::uint64_t part) { mark_free(index, part); });
  }

  /// Gives pages of free pools back, emptiest arenas first, until at most `keep` pools are dirty.
  /// Returns whether there was anything to give.
  bool purge(std::uint32_t keep) {
    const std::uint32_t before = root_.dirty_pools;
    for (unsigned list = kArenaPools; list > 0 && root_.dirty_pools > keep; --list)
      for (std::uint32_t i = root_.arena_lists[list]; i != kNone && root_.dirty_pools > keep;
           i = tables_.arena(ArenaIndex{i}).next)
        purge_arena(ArenaIndex{i}, keep);
    return root_.dirty_pools != before;
  }

  /// Gives pages of a pool in use back, on which no block lies that anybody may have meanwhile.
  /// False if the system refuses. Where large pages are used, the arena comes in small ones from
  /// here on: the system would bring the large one back.
  bool decommit_within(PoolIndex pool, std::size_t begin, std::size_t bytes) {
    const std::size_t arena = pool.value / kArenaPools;
    if (arena >= kFirstLarge)
      pages_.prefer(root_.range.address + arena * kArena, kArena, PageSize::small);
    root_.decommits.fetch_add(1, std::memory_order_relaxed);
    return pages_.decommit(tables_.pool_address(pool) + begin, bytes);
  }

  /// Adds `needed` arenas at least. False if the range is full or the system refuses.
  bool extend(std::size_t needed) {
    const std::size_t have = tables_.arena_count();
    const std::size_t most = root_.range.bytes / kArena - have;
    if (needed > most) return false;
    // A quarter more at a time keeps the system calls few.
    const std::size_t generous =
        std::clamp(have / 4, needed, std::min(most, std::max(needed, kMaxStep)));
    Reservation<Geometry, Pages> reservation(root_, pages_);
    std::size_t added = generous;
    if (!reservation.commit_arenas(have + added)) {
      added = needed;
      if (generous == needed || !reservation.commit_arenas(have + added)) return false;
    }
    prefer_large(have, have + added);
    // Backwards, so that the lowest stands first in the list.
    for (std::size_t i = added; i-- > 0;) {
      const ArenaIndex index{static_cast<std::uint32_t>(have + i)};
      tables_.arena(index).free_pools = ~std::uint64_t{0};
      link(index, kArenaPools);
    }
    return true;
  }

  /// The first list with an arena in it, from `list` on; more than kArenaPools if there is none.
  unsigned next_list(unsigned list) const {
    // Most are empty: eight at a time as long as those are.
    constexpr unsigned kStep = 8;
    while (list + kStep <= kArenaPools + 1 && all_empty(&root_.arena_lists[list])) list += kStep;
    while (list <= kArenaPools && root_.arena_lists[list] == kNone) ++list;
    return list;
  }

  /// Calls `part(arena, pools)` for each arena that the stretch of pools touches.
  template <class Part>
  static void for_each_arena(PoolIndex first, std::uint32_t pools, Part part) {
    std::uint32_t next = first.value;
    while (pools > 0) {
      const std::uint32_t bit = next % kArenaPools;
      const std::uint32_t here = std::min(pools, kArenaPools - bit);
      part(ArenaIndex{next / kArenaPools}, low_bits(here) << bit);
      next += here;
      pools -= here;
    }
  }

 private:
  /// Of eight lists.
  static bool all_empty(const std::uint32_t* heads) {
    static_assert(kNone == ~std::uint32_t{0});
    std::uint64_t pairs[4];
    std::memcpy(pairs, heads, sizeof pairs);
    return (pairs[0] & pairs[1] & pairs[2] & pairs[3]) == ~std::uint64_t{0};
  }

  /// Of fresh arenas, those that lie far enough behind.
  void prefer_large(std::size_t first, std::size_t end) {
    first = std::max(first, kFirstLarge);
    if (first < end)
      pages_.prefer(root_.range.address + first * kArena, (end - first) * kArena, PageSize::large);
  }

  /// A heap in full work needs what it gives back the next moment.
  std::uint32_t most_dirty() const { return std::max(root_.retain_pools, root_.used_pools / 4); }

  static constexpr std::size_t kMaxStep = 16;
  static constexpr std::size_t kFirstLarge = divide_up(Geometry::kLargePagesFrom, kArena);
  static constexpr std::uint32_t kMaxRetained = 1 << 20;

  /// Returns how many there are.
  unsigned mark_free(ArenaIndex index, std::uint64_t part) {
    ArenaDescriptor<Native>& arena = tables_.arena(index);
    ARN_ASSERT((arena.free_pools & part) == 0);
    const unsigned count = member_count(part), free = member_count(arena.free_pools);
    root_.used_pools -= count;
    arena.free_pools |= part;
    relink(index, free, free + count);
    return count;
  }

  ArenaIndex fullest() const {
    const unsigned list = next_list(1);
    return ArenaIndex{list <= kArenaPools ? root_.arena_lists[list] : kNone};
  }

  /// How many are in `part`, of `whole`, which has `count`: mostly all or none.
  static unsigned count_of(std::uint64_t part, std::uint64_t whole, unsigned count) {
    return part == whole ? count : part == 0 ? 0 : member_count(part);
  }

  void relink(ArenaIndex index, unsigned from, unsigned to) {
    unlink(index, from);
    link(index, to);
  }

  void link(ArenaIndex index, unsigned list) {
    ArenaDescriptor<Native>& arena = tables_.arena(index);
    arena.next = root_.arena_lists[list];
    arena.previous = kNone;
    if (arena.next != kNone) tables_.arena(ArenaIndex{arena.next}).previous = index.value;
    root_.arena_lists[list] = index.value;
  }

  void unlink(ArenaIndex index, unsigned list) {
    const ArenaDescriptor<Native>& arena = tables_.arena(index);
    if (arena.previous != kNone)
      tables_.arena(ArenaIndex{arena.previous}).next = arena.next;
    else
      root_.arena_lists[list] = arena.next;
    if (arena.next != kNone) tables_.arena(ArenaIndex{arena.next}).previous = arena.previous;
  }

  /// One call to the page source for each unbroken stretch of pools, until `keep` dirty ones are
  /// left.
  void purge_arena(ArenaIndex index, std::uint32_t keep) {
    ArenaDescriptor<Native>& arena = tables_.arena(index);
    std::uint64_t rest = arena.dirty_pools;
    if (rest != 0 && index.value >= kFirstLarge) {
      choose_page_size(index, keep);
      // The large page of one pool brought its neighbours, those never used too.
      rest = arena.free_pools & ~arena.decommitted_pools;
    }
    while (rest != 0 && root_.dirty_pools > keep) {
      const unsigned first = lowest_bit(rest);
      const unsigned length = static_cast<unsigned>(std::countr_one(rest >> first));
      const std::uint64_t stretch =
          lowest_with(arena.dirty_pools, low_bits(length) << first, root_.dirty_pools - keep);
      rest &= ~stretch;
      root_.decommits.fetch_add(1, std::memory_order_relaxed);
      const Address at = tables_.pool_address(PoolIndex{index.value * kArenaPools + first});
      if (!pages_.decommit(at, member_count(stretch) * Geometry::kPoolBytes)) continue;
      root_.dirty_pools -= member_count(arena.dirty_pools & stretch);
      arena.dirty_pools &= ~stretch;
      arena.decommitted_pools |= stretch;
    }
  }

  /// The lowest pools of a stretch, up to where `most` of them are dirty.
  static std::uint64_t lowest_with(std::uint64_t dirty, std::uint64_t stretch, std::uint32_t most) {
    while (member_count(dirty & stretch) > most) stretch &= ~std::bit_floor(stretch);
    return stretch;
  }

  /// Of an arena that is about to give pages back: large if it will have none left.
  void choose_page_size(ArenaIndex index, std::uint32_t keep) {
    const ArenaDescriptor<Native>& arena = tables_.arena(index);
    const bool all = arena.free_pools == ~std::uint64_t{0} &&
                     member_count(arena.dirty_pools) <= root_.dirty_pools - keep;
    pages_.prefer(root_.range.address + index.value * kArena, kArena,
                  all ? PageSize::large : PageSize::small);
  }

  Root& root_;
  Pages& pages_;
  Tables<Geometry> tables_;
};

}  // namespace arenite
