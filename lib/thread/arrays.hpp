// SPDX-License-Identifier: MIT
// A thread's arrays of free blocks: what malloc pops and free pushes. A thread block is named by
// its address; only its own thread calls these.
#pragma once

#include <atomic>
#include <type_traits>

#include "base/contract.hpp"
#include "layout/tables.hpp"

namespace arenite {

/// A thread block, or the diverted one that stands for "none yet".
using ThreadBlock = Address;

/// Copies addresses of blocks, two at a time and sixteen to a turn. Each is read and written whole.
inline void copy_slots(std::uint64_t* to, const std::uint64_t* from, unsigned count) {
  using Two [[gnu::vector_size(16), gnu::aligned(8), gnu::may_alias]] = std::uint64_t;
  const auto two = [&](unsigned at) {
    *reinterpret_cast<Two*>(to + at) = *reinterpret_cast<const Two*>(from + at);
  };
  const auto eight = [&](unsigned at) { two(at), two(at + 2), two(at + 4), two(at + 6); };
  for (const std::uint64_t* end = from + count / 16 * 16; from != end; from += 16, to += 16) {
    eight(0), eight(8);
  }
  if ((count & 8) != 0) {
    eight(0);
    from += 8, to += 8;
  }
  for (count %= 8; count > 0; --count) *to++ = *from++;
}

class BlockArray {
 public:
  BlockArray(ThreadBlock thread, std::size_t offset)
      : header_(*reinterpret_cast<ThreadArray*>(thread + offset)),
        slots_(reinterpret_cast<std::uint64_t*>(&header_ + 1)) {}

  /// Takes the youngest entry; false if there is none.
  bool pop(Address& block) {
    std::size_t count = header_.count;
    if (__builtin_sub_overflow(count, std::size_t{1}, &count)) [[unlikely]]
      return false;
    write(header_.count, count, std::memory_order_relaxed);
    block = slots_[count];
    return true;
  }

  /// False if there is no room.
  bool push(Address block) {
    std::size_t count = header_.count;
    // In 32 bits, so that one instruction compares it with memory.
    if (static_cast<std::uint32_t>(count) >= header_.capacity) [[unlikely]]
      return false;
    ++count;
    std::atomic_ref(last_of(count)).store(block, std::memory_order_relaxed);
    // Release: pairs with the acquire in `count_seen`; no entry is counted that is not there.
    write(header_.count, count, std::memory_order_release);
    return true;
  }

  /// Whether an offset in a pool of this array's class is the beginning of a block.
  bool begins_block(std::uint32_t offset_in_pool) const {
    const std::uint32_t low = offset_in_pool * header_.reciprocal;
    // Nothing happens here; but the compiler then compares with memory instead of keeping the
    // reciprocal in a register, an instruction less on the path of every free.
    asm("" : "+m"(header_.reciprocal));
    return low < header_.reciprocal;
  }

  unsigned count() const { return static_cast<unsigned>(header_.count); }
  unsigned capacity() const { return header_.capacity; }
  Address slot(unsigned index) const { return slots_[index]; }
  const Address* slots() const { return slots_; }
  /// For slots that are not counted yet.
  Address* free_slots() { return slots_; }

  void set_count(unsigned count) { write(header_.count, count, std::memory_order_release); }
  void set_capacity(unsigned capacity) {
    write(header_.capacity, capacity, std::memory_order_relaxed);
  }
  void set_slot(unsigned index, Address block) {
    std::atomic_ref(slots_[index]).store(block, std::memory_order_relaxed);
  }
  std::uint32_t reciprocal() const { return header_.reciprocal; }
  /// Before the array has room.
  void set_reciprocal(std::uint32_t reciprocal) {
    std::atomic_ref(header_.reciprocal).store(reciprocal, std::memory_order_relaxed);
  }

  /// The count as another thread sees it: a forked child that adopts the array.
  unsigned count_seen() const {
    return static_cast<unsigned>(std::atomic_ref(header_.count).load(std::memory_order_acquire));
  }

 private:
  template <class Number>
  static void write(Number& field, std::type_identity_t<Number> value, std::memory_order order) {
    std::atomic_ref(field).store(value, order);
  }

  /// The last of `count` slots. Requires: count > 0. In numbers, for compilers then take the new
  /// count and a constant for an address, and compute no second one.
  std::uint64_t& last_of(std::size_t count) const {
    const Address before = reinterpret_cast<Address>(&header_) + sizeof(ThreadArray) - 8;
    return *reinterpret_cast<std::uint64_t*>(before + count * 8);
  }

  ThreadArray& header_;
  std::uint64_t* slots_;
};

/// The pool of each class that a thread takes from; kNone where there is none.
inline std::uint32_t& attached_pool(ThreadBlock thread, std::size_t attached_offset,
                                    SizeClass size_class) {
  return reinterpret_cast<std::uint32_t*>(thread + attached_offset)[size_class.value];
}

inline ThreadHeader<Native>& thread_header(ThreadBlock thread) {
  ARN_ASSERT(thread != 0);
  return *reinterpret_cast<ThreadHeader<Native>*>(thread);
}

/// Whether a thread block is diverted: its arrays have capacity zero for good, and each operation
/// goes to the pools.
inline bool is_diverted(ThreadBlock thread) {
  return thread_header(thread).state.load(std::memory_order_relaxed) == ThreadState::diverted;
}

}  // namespace arenite
