// SPDX-License-Identifier: MIT
// The table of thread blocks: who gets one, and what becomes of it. Under the thread lock, but for
// a block's own thread.
#pragma once

#include "arena/reservation.hpp"
#include "os/lock.hpp"
#include "thread/arrays.hpp"

namespace arenite {

template <class Geometry, PageSource Pages>
class ThreadRegistry {
 public:
  using Root = HeapRoot<Native>;
  using Classes = SizeClasses<Geometry>;
  using Layout = ThreadLayout<Geometry>;

  ThreadRegistry(Root& root, Pages& pages) : root_(root), pages_(pages) {}

  /// A fresh thread block with empty arrays, or 0 if the table is full or the system refuses.
  ThreadBlock take(std::uint64_t system_thread, ThreadState state) {
    LockGuard guard(root_.thread_lock);
    const std::uint32_t used = root_.threads_used.load(std::memory_order_relaxed);
    std::uint32_t index = 0;
    while (index < used && state_of(index) != ThreadState::unused) ++index;
    if (index == used) {
      if (used == root_.max_threads) return 0;
      // The page source is called under the range lock.
      LockGuard range(root_.range_lock);
      Reservation<Geometry, Pages> reservation(root_, pages_);
      if (!reservation.commit_threads(used + 1)) return 0;
      root_.threads_used.store(used + 1, std::memory_order_release);
    }
    const ThreadBlock thread = block(index);
    prepare(thread, index);
    thread_header(thread).system_thread.store(system_thread, std::memory_order_relaxed);
    thread_header(thread).state.store(state, std::memory_order_release);
    return thread;
  }

  /// Requires: the arrays are empty and no pool is attached. True if no other thread has a block.
  bool give(ThreadBlock thread) {
    LockGuard guard(root_.thread_lock);
    thread_header(thread).state.store(ThreadState::unused, std::memory_order_release);
    const std::uint32_t used = root_.threads_used.load(std::memory_order_relaxed);
    std::uint32_t index = 0;
    while (index < used && state_of(index) == ThreadState::unused) ++index;
    return index == used;
  }

  ThreadBlock block(std::uint32_t index) const {
    return root_.threads.address + std::size_t{index} * Layout::kBytes;
  }

  ThreadState state_of(std::uint32_t index) const {
    return thread_header(block(index)).state.load(std::memory_order_acquire);
  }

 private:
  /// All arrays have capacity zero; those of a live thread grow with use: see ThreadArrays::grow.
  /// What was never used is zero as it came from the system, and is not written: most threads need
  /// few pages.
  void prepare(ThreadBlock thread, std::uint32_t index) {
    thread_header(thread).index = index;
    // Relaxed: late news is good enough.
    thread_header(thread).decommits_seen = root_.decommits.load(std::memory_order_relaxed);
    if (thread_header(thread).straight_left != 0) thread_header(thread).straight_left = 0;
    for (std::size_t i = 0; i < Classes::kCount; ++i) {
      BlockArray array(thread, Classes::kFacts[i].first_line * kLineBytes);
      if (array.capacity() != 0) array.set_capacity(0);
      attached_pool(thread, Layout::kAttachedOffset, SizeClass{static_cast<std::uint8_t>(i)}) =
          kNone;
    }
  }

  Root& root_;
  Pages& pages_;
};

}  // namespace arenite
