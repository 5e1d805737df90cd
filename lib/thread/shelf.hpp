// SPDX-License-Identifier: MIT
// The shelf of a class: a stack of free blocks that full arrays handed back and that empty ones
// take again, whoever's they are, so that a burst costs a copy of addresses and no bit is set or
// cleared. Its blocks belong to nobody; a pool with a block on a shelf does not become empty.
//
// A shelf has no room at first. Blocks that go past it are counted; a refill while some are shows
// that a shelf would have had them, and makes room for as many. Where blocks only come back, in a
// heap that shrinks, no shelf ever holds one. When many more passed than a shelf can hold, the
// bursts are over, or too large for it: the room is taken away again.
//
// Under the class lock, but for what says otherwise. Never fails: without room or memory, blocks
// pass.
#pragma once

#include <algorithm>
#include <atomic>

#include "arena/reservation.hpp"
#include "thread/arrays.hpp"

namespace arenite {

template <class Geometry>
class Shelf {
 public:
  using Root = HeapRoot<Native>;

  Shelf(Root& root, SizeClass size_class)
      : list_(root.lists[size_class.value]),
        tables_(root),
        size_class_(size_class),
        slots_(root.classes[size_class.value].shelf_slots) {}

  // ---- without the lock, too: what is seen may then be old, which costs a burst, no more ----

  bool may_hold_blocks() const { return list_.shelved.load(std::memory_order_relaxed) != 0; }
  bool has_room(unsigned blocks) const {
    return list_.shelved.load(std::memory_order_relaxed) + blocks <=
           list_.shelf_room.load(std::memory_order_relaxed);
  }

  /// Blocks went to the bitmaps. True if what stands on the shelf is to follow them: its room is
  /// gone.
  bool note_passed(unsigned blocks) {
    const std::uint32_t passed = list_.passed.load(std::memory_order_relaxed) + blocks;
    const bool over = passed > kPatience * slots_;
    list_.passed.store(std::min(passed, kPatience * slots_), std::memory_order_relaxed);
    if (!over || list_.shelf_room.load(std::memory_order_relaxed) == 0) return false;
    list_.shelf_room.store(0, std::memory_order_relaxed);
    return true;
  }

  /// Blocks were asked for that the shelf did not have.
  void note_missed(unsigned blocks) {
    const std::uint32_t passed = list_.passed.load(std::memory_order_relaxed);
    if (passed == 0) return;
    const std::uint32_t had = std::min<std::uint32_t>(blocks, passed);
    list_.passed.store(passed - had, std::memory_order_relaxed);
    const std::uint32_t room = list_.shelf_room.load(std::memory_order_relaxed);
    list_.shelf_room.store(std::min<std::uint32_t>(slots_, room + had), std::memory_order_relaxed);
  }

  // ---- under the class lock ----

  /// Requires: there is room, the table is accessible, and the blocks are in no array any more.
  void put(const std::uint64_t* blocks, unsigned count) {
    const std::uint32_t shelved = list_.shelved.load(std::memory_order_relaxed);
    copy_slots(tables_.shelf(size_class_) + shelved, blocks, count);
    // Release: no block is counted that is not there, for audits and for a forked child.
    list_.shelved.store(shelved + count, std::memory_order_release);
  }

  /// Takes up to `wanted` of the youngest; returns how many.
  unsigned take(std::uint64_t* to, unsigned wanted) {
    const std::uint32_t shelved = list_.shelved.load(std::memory_order_relaxed);
    const std::uint32_t count = std::min<std::uint32_t>(wanted, shelved);
    if (count == 0) return 0;
    const std::uint64_t* from = tables_.shelf(size_class_) + (shelved - count);
    // Gone from here before they are there; the array does not count them yet.
    list_.shelved.store(shelved - count, std::memory_order_relaxed);
    copy_slots(to, from, count);
    return count;
  }

 private:
  /// So many shelves full may pass before the shelf is given up.
  static constexpr std::uint32_t kPatience = 4;

  ClassList<Native>& list_;
  Tables<Geometry> tables_;
  SizeClass size_class_;
  std::uint32_t slots_;
};

}  // namespace arenite
