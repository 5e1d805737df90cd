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

namespace detail {

/// What a thread knows of its own stack: [known, top) is readable as long as the thread lives, and
/// what lies below `barrier` is another stack, or as good as one. A signal may come between any two
/// stores: each leaves all three true.
struct OwnStack {
  Address top;
  Address known;
  Address barrier;

  bool holds(Address at) const { return at >= known && at < top; }
};
[[gnu::visibility("hidden"), gnu::tls_model("initial-exec")]]
extern constinit thread_local OwnStack own_stack;

}  // namespace detail

class StackBounds {
 public:
  /// Nothing can be read.
  StackBounds() = default;

  /// The stack that `stack_pointer` lies on. `in_use`: the word at it is known to be readable.
  [[gnu::always_inline]] void enter(Address stack_pointer, bool in_use) {
    const detail::OwnStack& own = detail::own_stack;
    if (own.holds(stack_pointer)) [[likely]]
      take(own);
    else
      *this = of_new(stack_pointer, in_use);
  }

  /// Whether the word at `at` can be read. Requires: `at` is a multiple of 8.
  [[gnu::always_inline]] bool holds(Address at) {
    if (at - begin_ < bytes_) [[likely]]
      return true;
    *this = reaching(*this, at);
    return at - begin_ < bytes_;
  }

  /// The end of the thread's own stack if that is it, else 0.
  Address own_top() const { return own_ ? begin_ + bytes_ : 0; }

 private:
  [[gnu::always_inline]] void take(const detail::OwnStack& own) {
    own_ = true;
    begin_ = own.known;
    bytes_ = own.top - own.known;
  }

  // By value: an object whose address is known elsewhere cannot live in registers.
  static StackBounds of_new(Address stack_pointer, bool in_use);
  static StackBounds reaching(StackBounds bounds, Address at);

  Address begin_ = 0;
  Address bytes_ = 0;
  bool own_ = true;  ///< the thread's own stack; nothing is beyond
};

}  // namespace arenite
