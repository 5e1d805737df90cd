// SPDX-License-Identifier: MIT
// The thread blocks of a program: eight names, of which some are attached, and one of these is
// current. If none is attached, none is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "layout/thread.hpp"
#include "thread/arrays.hpp"

namespace arenite::model {

template <class Heap>
class ThreadBlocks {
 public:
  static constexpr std::size_t kNames = 8;

  explicit ThreadBlocks(Heap& heap) : heap_(heap) {}

  /// 0 if that name is not attached.
  ThreadBlock operator[](std::size_t index) const { return blocks_[index]; }
  ThreadBlock current() const { return blocks_[current_]; }

  std::size_t attached() const {
    std::size_t count = 0;
    for (ThreadBlock thread : blocks_) count += thread != 0;
    return count;
  }

  bool is_diverted(ThreadBlock thread) const {
    return thread_header(thread).state.load(std::memory_order_relaxed) == ThreadState::diverted;
  }

  /// A diverted thread block, the current one if it is; 0 if there is none.
  ThreadBlock diverted() const {
    if (current() != 0 && is_diverted(current())) return current();
    for (ThreadBlock thread : blocks_)
      if (thread != 0 && is_diverted(thread)) return thread;
    return 0;
  }

  /// False if the heap refuses. Requires: the name is not attached.
  bool attach(std::size_t index, bool diverted) {
    const ThreadBlock thread =
        heap_.attach(index + 1, diverted ? ThreadState::diverted : ThreadState::live);
    blocks_[index] = thread;
    settle();
    return thread != 0;
  }

  bool detach(std::size_t index) {
    if (blocks_[index] == 0) return false;
    heap_.detach(blocks_[index]);
    blocks_[index] = 0;
    settle();
    return true;
  }

  bool switch_to(std::size_t index) {
    if (blocks_[index] == 0 || index == current_) return false;
    current_ = index;
    return true;
  }

  void hand_back_all() {
    for (ThreadBlock thread : blocks_)
      if (thread != 0) heap_.hand_back_all(thread);
  }

  void detach_all() {
    for (std::size_t i = 0; i < kNames; ++i) detach(i);
  }

  /// The heap is gone, and they with it.
  void forget_all() {
    blocks_ = {};
    current_ = 0;
  }

 private:
  /// Makes an attached one current.
  void settle() {
    for (std::size_t i = 0; i < kNames && current() == 0; ++i)
      if (blocks_[i] != 0) current_ = i;
  }

  Heap& heap_;
  std::array<ThreadBlock, kNames> blocks_{};
  std::size_t current_ = 0;
};

}  // namespace arenite::model
