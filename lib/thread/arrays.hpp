// SPDX-License-Identifier: MIT
// A thread's arrays of free blocks: what malloc pops and free pushes. A thread block is named by
// its address; only its own thread calls these.
#pragma once

#include "layout/tables.hpp"

namespace arenite {

/// A thread block, or the diverted one that stands for "none yet".
using ThreadBlock = Address;

class BlockArray {
 public:
  BlockArray(ThreadBlock thread, std::size_t offset)
      : header_(*reinterpret_cast<ThreadArray<Native>*>(thread + offset)) {}

  /// The youngest entry, or 0 if there is none.
  Address pop() {
    const unsigned count = header_.count.load(std::memory_order_relaxed);
    if (count == 0) [[unlikely]]
      return 0;
    const Address block = slot(count - 1).load(std::memory_order_relaxed);
    header_.count.store(static_cast<std::uint16_t>(count - 1), std::memory_order_relaxed);
    return block;
  }

  /// False if there is no room.
  bool push(Address block) {
    const unsigned count = header_.count.load(std::memory_order_relaxed);
    if (count >= header_.capacity.load(std::memory_order_relaxed)) [[unlikely]]
      return false;
    slot(count).store(block, std::memory_order_relaxed);
    // Release: pairs with the acquire in `count_seen` of a forked child or an audit, which must not
    // see an entry counted that is not there.
    header_.count.store(static_cast<std::uint16_t>(count + 1), std::memory_order_release);
    return true;
  }

  /// Whether an offset in a pool of this array's class is the beginning of a block.
  bool begins_block(std::uint32_t offset_in_pool) const {
    return offset_in_pool * header_.reciprocal < header_.reciprocal;
  }

  unsigned count() const { return header_.count.load(std::memory_order_relaxed); }
  unsigned count_seen() const { return header_.count.load(std::memory_order_acquire); }
  unsigned capacity() const { return header_.capacity.load(std::memory_order_relaxed); }
  void set_count(unsigned count) {
    header_.count.store(static_cast<std::uint16_t>(count), std::memory_order_release);
  }
  void set_capacity(unsigned capacity) {
    header_.capacity.store(static_cast<std::uint16_t>(capacity), std::memory_order_relaxed);
  }
  void set_reciprocal(std::uint32_t reciprocal) { header_.reciprocal = reciprocal; }

  std::atomic<std::uint64_t>& slot(unsigned index) {
    return reinterpret_cast<std::atomic<std::uint64_t>*>(&header_ + 1)[index];
  }

 private:
  ThreadArray<Native>& header_;
};

/// The pool of each class that a thread takes from; kNone where there is none.
inline std::uint32_t& attached_pool(ThreadBlock thread, std::size_t attached_offset,
                                    SizeClass size_class) {
  return reinterpret_cast<std::uint32_t*>(thread + attached_offset)[size_class.value];
}

inline ThreadHeader<Native>& thread_header(ThreadBlock thread) {
  return *reinterpret_cast<ThreadHeader<Native>*>(thread);
}

}  // namespace arenite
