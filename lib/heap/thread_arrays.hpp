// SPDX-License-Identifier: MIT
// A thread's arrays, filled and emptied. An empty one is refilled from the class's shelf, if that
// holds blocks; from a listed pool, which all share, while the array grows; and then from the pool
// the thread is attached to, or when that has no block left, from another one. A full one hands
// entries back: to the shelf, or to the bitmaps of their pools.
#pragma once

#include <algorithm>

#include "heap/class_pools.hpp"
#include "os/lock.hpp"
#include "thread/shelves.hpp"

namespace arenite {

template <class Config>
class ThreadArrays : public ClassPools<Config> {
  using Base = ClassPools<Config>;

 public:
  using Base::Base;
  using typename Base::Classes;
  using typename Base::Geometry;

 protected:
  using Base::array_of;
  using Base::give_back;
  using Base::pointer;
  using Base::reservation;
  using Base::root_;
  using Base::take_from_listed;
  using Base::take_from_own;

  // ---- refill ----

  /// Fills the empty array of a class and returns one block more; null if memory cannot be had.
  [[gnu::noinline]] void* refill(ThreadBlock thread, SizeClass size_class) {
    BlockArray array = array_of(thread, size_class);
    const bool own = wants_own_pool(thread, size_class);
    const unsigned wanted = next_fill(thread, size_class);
    if (void* block = refill_from_shelf(thread, size_class, wanted)) return block;
    const unsigned lowest = own ? take_from_own(thread, size_class, array, wanted)
                                : take_from_listed(size_class, array, wanted);
    const unsigned count = wanted - lowest;
    if (count == 0) return nullptr;
    if (lowest > 0)
      for (unsigned i = 0; i < count; ++i) array.set_slot(i, array.slot(lowest + i));
    const Address first = array.slot(count - 1);
    array.set_count(count - 1);
    return pointer(first);
  }

  /// An array starts with no room and grows with use: each refill doubles its capacity, and so does
  /// each block more than it has room for. A diverted thread's stays at zero.
  static void grow(ThreadBlock thread, SizeClass size_class) {
    // Blocks of a few lines at first, so that threads do not write to one line.
    constexpr unsigned kFirstBytes = 256, kLeast = 1, kMost = 8;
    if (is_diverted(thread)) return;
    BlockArray array = array_of(thread, size_class);
    const ClassFacts& facts = Classes::facts(size_class);
    const unsigned first = std::clamp(kFirstBytes / facts.block_bytes, kLeast, kMost);
    if (array.capacity() == 0) {
      array.set_reciprocal(facts.reciprocal);
      thread_header(thread).straight_left = 0;
    }
    array.set_capacity(std::min<unsigned>(facts.slots, std::max(2 * array.capacity(), first)));
  }

  // ---- hand-back ----

  /// Hands the youngest entries back until `keep` remain. They leave the array before they enter a
  /// bitmap, so that no block is ever in both.
  void hand_back(ThreadBlock thread, SizeClass size_class, unsigned keep) {
    BlockArray array = array_of(thread, size_class);
    const unsigned count = array.count_seen();
    if (count <= keep) return;
    array.set_count(keep);
    give_back(array.slots() + keep, count - keep, size_class);
  }

  /// Hands the youngest entries of a full array back: most of them if the shelf has room, since
  /// they are easily had again; else half of them, to the bitmaps.
  void hand_back_some(ThreadBlock thread, SizeClass size_class) {
    // Arrays have a whole number of lines, less two slots: what goes is a multiple of eight.
    constexpr unsigned kKept = 6;
    const unsigned slots = Classes::facts(size_class).slots;
    shelve_or_hand_back(thread, size_class, std::min(slots / 2, kKept), slots / 2);
  }

  /// Hands all entries back when the thread ends: to the shelf, if threads that came after others
  /// had asked for such blocks before; else to the bitmaps.
  void leave_behind(ThreadBlock thread, SizeClass size_class) {
    if (array_of(thread, size_class).count_seen() != 0)
      shelve_or_hand_back(thread, size_class, 0, 0);
  }

  /// Hands all blocks of all shelves back to the bitmaps.
  void drain_shelves() {
    for (std::size_t i = 0; i < Classes::kCount; ++i)
      drain_shelves_of(SizeClass{static_cast<std::uint8_t>(i)});
  }

 private:
  /// A thread takes a pool for itself when its array has reached its length. Until then it shares
  /// the listed pools with all others: of a class that it uses little it keeps no page to itself.
  static bool wants_own_pool(ThreadBlock thread, SizeClass size_class) {
    return array_of(thread, size_class).capacity() == Classes::facts(size_class).slots ||
           is_diverted(thread);
  }

  void* refill_from_shelf(ThreadBlock thread, SizeClass size_class, unsigned wanted) {
    BlockArray array = array_of(thread, size_class);
    Shelves<Geometry> shelves(root_, size_class);
    if (!shelves.may_hold_blocks()) {
      shelves.note_missed(wanted);
      return nullptr;
    }
    const unsigned own = own_shelf(thread_header(thread).index);
    unsigned count = 0;
    {
      LockGuard guard(root_.lists[size_class.value].lock);
      count = shelves.take(own, array.free_slots(), wanted);
    }
    if (count == 0) {
      shelves.note_missed(wanted);
      return nullptr;
    }
    array.set_count(count - 1);
    return pointer(array.slot(count - 1));
  }

  /// How many blocks to take: as many as there was room for, and none to spare for a diverted
  /// thread.
  static unsigned next_fill(ThreadBlock thread, SizeClass size_class) {
    BlockArray array = array_of(thread, size_class);
    if (array.capacity() == 0) grow(thread, size_class);
    const unsigned wanted = array.capacity();
    grow(thread, size_class);
    return std::max(wanted, 1u);
  }

  /// Until `shelf_keep` entries remain if the shelf has room, else until `keep` do.
  [[gnu::always_inline]] void shelve_or_hand_back(ThreadBlock thread, SizeClass size_class,
                                                  unsigned shelf_keep, unsigned keep) {
    if (!shelve(thread, size_class, shelf_keep)) pass_by_shelves(thread, size_class, keep);
  }

  [[gnu::noinline]] void pass_by_shelves(ThreadBlock thread, SizeClass size_class, unsigned keep) {
    const unsigned passed = array_of(thread, size_class).count() - keep;
    hand_back(thread, size_class, keep);
    if (Shelves<Geometry>(root_, size_class).note_passed(passed)) drain_shelves_of(size_class);
  }

  [[gnu::always_inline]] bool shelve(ThreadBlock thread, SizeClass size_class, unsigned keep) {
    BlockArray array = array_of(thread, size_class);
    Shelves<Geometry> shelves(root_, size_class);
    const unsigned own = own_shelf(thread_header(thread).index);
    if (!shelves.may_have_room(own, array.count() - keep)) return false;
    LockGuard guard(root_.lists[size_class.value].lock);
    return open_shelves() && shelves.put(own, array, keep);
  }

  /// A class lock is held.
  bool open_shelves() {
    // Relaxed: it changes once, under the range lock, which whoever sees it late will take.
    if (root_.shelves.committed.load(std::memory_order_relaxed) != 0) [[likely]]
      return true;
    LockGuard guard(root_.range_lock);
    return reservation().commit_shelves();
  }

  void drain_shelves_of(SizeClass size_class) {
    Shelves<Geometry> shelves(root_, size_class);
    if (!shelves.may_hold_blocks()) return;
    std::uint64_t blocks[64];
    unsigned count = 0;
    do {
      {
        LockGuard guard(root_.lists[size_class.value].lock);
        count = shelves.take_any(blocks, 64);
      }
      give_back(blocks, count, size_class);
    } while (count != 0);
  }
};

}  // namespace arenite
