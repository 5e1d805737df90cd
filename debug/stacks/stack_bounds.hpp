// SPDX-License-Identifier: MIT
// Which words of a stack may be read. A thread's own stack is known up to its top: above the
// deepest page that was ever asked for, nothing is asked again. On any other stack (sigaltstack,
// coroutines), whose memory may come and go, each page beyond the first is asked for anew by a
// system call that reads from it, so that a stack may end anywhere. Never allocates, no lock, keeps
// errno, safe in signal handlers. Needs no /proc.
#pragma once

#include "base/strong.hpp"

namespace arenite {

/// Whether the page that holds `at` can be read, as the kernel finds.
bool readable_page(Address at);

class StackBounds {
 public:
  /// Nothing can be read.
  StackBounds() = default;

  /// The stack that `stack_pointer` lies on. `in_use`: the word at it is known to be readable.
  void enter(Address stack_pointer, bool in_use);

  /// Whether the word at `at` can be read. Requires: `at` is a multiple of 8.
  [[gnu::always_inline]] bool holds(Address at) { return at - begin_ < bytes_ ? true : reach(at); }

 private:
  bool reach(Address at);

  Address begin_ = 0;
  Address bytes_ = 0;
  bool own_ = true;  ///< the thread's own stack; nothing is beyond
};

}  // namespace arenite
