// SPDX-License-Identifier: MIT
// The range of a heap over fake pages that refuse on demand, and a judge of its arenas. For tests.
#pragma once

#include <bit>
#include <string>
#include <vector>

#include "arena/arenas.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"

namespace arenite {

template <Geometry G>
struct FakeRange {
  using Pages = FaultyPages<FakePages>;
  static constexpr std::size_t kArena = kArenaBytes<G>;

  /// Opens a range of `arenas` arenas.
  explicit FakeRange(std::size_t arenas = 4) : pages(FakePages(memory), plan) {
    opened = reservation.open(arenas * kArena);
    if (opened) lists.open();
  }
  ~FakeRange() {
    if (opened) reservation.close();
  }
  FakeRange(const FakeRange&) = delete;
  FakeRange& operator=(const FakeRange&) = delete;

  /// Refuses the next `length` requests for pages.
  void refuse(std::uint64_t length) {
    plan.first = plan.asked + 1;
    plan.length = length;
  }
  void allow() { plan.first = 0; }

  HeapRoot<Native> root{};
  FakeMemory memory{G::kPageBytes};
  FaultPlan plan;
  Pages pages;
  Reservation<G, Pages> reservation{root, pages};
  Arenas<G, Pages> lists{root, pages};
  Tables<G> tables{root};
  bool opened = false;
};

/// What is wrong with the arenas and their lists; "" if nothing is.
template <Geometry G>
std::string arena_findings(const HeapRoot<Native>& root) {
  const Tables<G> tables(root);
  const std::uint32_t arenas = tables.arena_count();
  std::vector<bool> seen(arenas);
  std::uint32_t listed = 0, dirty = 0, free = 0;
  for (unsigned list = 0; list < kArenaLists; ++list) {
    std::uint32_t previous = kNone;
    for (std::uint32_t i = root.arena_lists[list]; i != kNone;) {
      if (i >= arenas) return "a list leads to an arena that is not there";
      if (seen[i]) return "an arena stands in lists twice";
      seen[i] = true;
      ++listed;
      const ArenaDescriptor<Native>& arena = tables.arena(ArenaIndex{i});
      const unsigned count = static_cast<unsigned>(std::popcount(arena.free_pools));
      if (count != list) return "an arena stands in the list for another number of free pools";
      if (arena.previous != previous) return "a list does not link both ways";
      if ((arena.dirty_pools & ~arena.free_pools) != 0) return "a dirty pool is not free";
      if ((arena.decommitted_pools & ~arena.free_pools) != 0) return "a decommitted pool is used";
      if ((arena.decommitted_pools & arena.dirty_pools) != 0) return "a decommitted pool is dirty";
      dirty += static_cast<unsigned>(std::popcount(arena.dirty_pools));
      free += count;
      previous = i;
      i = arena.next;
    }
  }
  if (listed != arenas) return "an arena stands in no list";
  if (dirty != root.dirty_pools) return "the number of dirty pools is not the sum over arenas";
  if (arenas * kArenaPools - free != root.used_pools) return "the number of used pools is wrong";
  return "";
}

}  // namespace arenite
