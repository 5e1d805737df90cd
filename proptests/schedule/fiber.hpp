// SPDX-License-Identifier: MIT
// Cooperative threads of one system thread: each has a stack of its own, and runs until it switches
// to another. x86-64 only. What a fiber throws must be caught in it; one that is left in the middle
// may be entered anew from its beginning, and what stood on its stack is forgotten.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite::schedule {

class Fiber {
 public:
  static constexpr std::size_t kStackBytes = 256 << 10;

  /// The context of whoever runs now; has no stack of its own.
  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  /// The next switch to this fiber calls `entry(argument)`, which must not return. Ends the process
  /// if there is no memory for a stack.
  void begin(void (*entry)(void*), void* argument);
  /// Goes on in `to`; returns when somebody switches back.
  void switch_to(Fiber& to);

  bool holds(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - stack_ < kStackBytes;
  }

 private:
  void* pointer_ = nullptr;
  std::uintptr_t stack_ = 0;
};

}  // namespace arenite::schedule
