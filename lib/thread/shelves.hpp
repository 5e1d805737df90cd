// SPDX-License-Identifier: MIT
// The shelves of a class: stacks of free blocks that full arrays handed back and that empty ones
// take again, so that a burst costs a copy of addresses and no bit is set or cleared. Their blocks
// belong to nobody; a pool with a block on a shelf does not become empty.
//
// A class has two, and each thread one of them, its own, that it puts on and takes from. From the
// other it takes only what that has too much of: of blocks up to 512 bytes, what stands there above
// two arrays full; of larger ones, all. So what goes to and fro between a thread's array and its
// shelf stays with the thread, for blocks of two threads in one line cost both more than all that
// is done here (lib/adr/011-shelves.md); and what one thread frees for another to allocate still
// finds its way.
//
// Shelves have no room at first. Blocks that go past them are counted; a refill while some are
// shows that a shelf would have had them, and makes room for as many, for all shelves together.
// Where blocks only come back, in a heap that shrinks, no shelf ever holds one. When many more
// passed than the shelves can hold, the bursts are over, or too large for them: the room is taken
// away again.
//
// Under the class lock, but for what says otherwise. Never fails: without room or memory, blocks
// pass.
#pragma once

#include <algorithm>
#include <atomic>

#include "arena/reservation.hpp"
#include "thread/arrays.hpp"

namespace arenite {

/// The number of a thread's own shelf, from the index of its thread block.
constexpr unsigned own_shelf(std::uint32_t thread_index) {
  return thread_index % kClassShelves;
}

template <class Geometry>
class Shelves {
  static_assert(kClassShelves == 2, "the other shelf is the one there is");

 public:
  using Root = HeapRoot<Native>;

  Shelves(Root& root, SizeClass size_class)
      : list_(root.lists[size_class.value]),
        tables_(root),
        size_class_(size_class),
        slots_(root.classes[size_class.value].shelf_slots),
        spared_(spared_blocks(root.classes[size_class.value])) {}

  // ---- without the lock, too: what is seen may then be old, which costs a burst, no more ----

  bool may_hold_blocks() const { return (count_of(0) | count_of(1)) != 0; }
  /// Whether a shelf would, if the other were empty; `put` looks at both.
  bool may_have_room(unsigned shelf, unsigned blocks) const {
    return count_of(shelf) + blocks <= list_.shelf_room.load(std::memory_order_relaxed);
  }

  /// Blocks went to the bitmaps. True if what stands on the shelves is to follow them: the room is
  /// gone.
  bool note_passed(unsigned blocks) {
    const std::uint32_t passed = list_.passed.load(std::memory_order_relaxed) + blocks;
    const bool over = passed > kPatience * slots_;
    list_.passed.store(std::min(passed, kPatience * slots_), std::memory_order_relaxed);
    if (!over || list_.shelf_room.load(std::memory_order_relaxed) == 0) return false;
    list_.shelf_room.store(0, std::memory_order_relaxed);
    return true;
  }

  /// Blocks were asked for that no shelf had for the thread.
  void note_missed(unsigned blocks) {
    const std::uint32_t passed = list_.passed.load(std::memory_order_relaxed);
    if (passed == 0) return;
    const std::uint32_t had = std::min<std::uint32_t>(blocks, passed);
    list_.passed.store(passed - had, std::memory_order_relaxed);
    const std::uint32_t room = list_.shelf_room.load(std::memory_order_relaxed);
    list_.shelf_room.store(std::min<std::uint32_t>(slots_, room + had), std::memory_order_relaxed);
  }

  // ---- under the class lock ----

  /// Moves the youngest entries of an array to a shelf, until `keep` remain; false, and nothing
  /// happened, if both would then hold more than there is room for. Entries leave the array before
  /// they are counted here, so that no block is ever in both. Requires: the table is accessible.
  bool put(unsigned shelf, BlockArray array, unsigned keep) {
    const unsigned count = array.count() - keep;
    const std::uint32_t after = count_of(shelf) + count;
    if (after + count_of(shelf ^ 1) > list_.shelf_room.load(std::memory_order_relaxed))
      return false;
    array.set_count(keep);
    copy_slots(youngest(shelf, after, count), array.slots() + keep, count);
    // Release: no block is counted that is not there, for audits and for a forked child.
    list_.shelved[shelf].store(after, std::memory_order_release);
    return true;
  }

  /// Takes up to `wanted` of the batches that came last to the thread's own shelf, or if that is
  /// empty of what the other has to spare; returns how many.
  unsigned take(unsigned own, std::uint64_t* to, unsigned wanted) {
    const unsigned taken = take_from(own, to, wanted, 0);
    return taken != 0 ? taken : take_from(own ^ 1, to, wanted, spared_);
  }

  /// The same of whichever has any.
  unsigned take_any(std::uint64_t* to, unsigned wanted) {
    const unsigned taken = take_from(0, to, wanted, 0);
    return taken != 0 ? taken : take_from(1, to, wanted, 0);
  }

 private:
  /// So many times what the shelves hold may pass before the room is given up.
  static constexpr std::uint32_t kPatience = 4;

  /// What is left on the shelf of others: two arrays full of blocks that share lines, or neighbours
  /// of lines, which processors fetch together.
  static constexpr std::uint32_t spared_blocks(const ClassRecord& record) {
    constexpr std::uint32_t kArrays = 2, kMostLines = 8;
    return record.block_bytes <= kMostLines * kLineBytes ? kArrays * record.slots : 0;
  }

  std::uint32_t count_of(unsigned shelf) const {
    return list_.shelved[shelf].load(std::memory_order_relaxed);
  }

  /// The `count` slots farthest from the middle, of `all` on a shelf. On the second one they are
  /// the lowest: of a part of a batch it gives what stood lowest in the array.
  std::uint64_t* youngest(unsigned shelf, std::uint32_t all, std::uint32_t count) const {
    return tables_.shelf(size_class_, shelf, all) + (shelf == 0 ? all - count : 0);
  }

  unsigned take_from(unsigned shelf, std::uint64_t* to, unsigned wanted, std::uint32_t keep) {
    const std::uint32_t before = count_of(shelf);
    if (before <= keep) return 0;
    const std::uint32_t count = std::min<std::uint32_t>(wanted, before - keep);
    // Gone from here before they are there; the array does not count them yet.
    list_.shelved[shelf].store(before - count, std::memory_order_relaxed);
    copy_slots(to, youngest(shelf, before, count), count);
    return count;
  }

  ClassList<Native>& list_;
  Tables<Geometry> tables_;
  SizeClass size_class_;
  std::uint32_t slots_;
  std::uint32_t spared_;
};

}  // namespace arenite
