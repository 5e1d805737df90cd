// SPDX-License-Identifier: MIT
#include "debug/stacks/stack_bounds.hpp"

#include <sys/auxv.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

namespace arenite {
namespace {

constexpr Address kPageBytes = 4096;
/// Farther below its known part than this, nothing is taken for the thread's own stack.
constexpr Address kFarthest = Address{16} << 20;

/// What a thread knows of its own stack: [known, top) is readable as long as the thread lives, and
/// what lies below `barrier` is another stack, or as good as one. A signal may come between any two
/// stores: each leaves all three true.
struct OwnStack {
  Address top;
  Address known;
  Address barrier;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local OwnStack own_stack{};

/// Not through the C library's `syscall`, which writes errno.
long system_call(long number, long first = 0, long second = 0, long third = 0, long fourth = 0) {
  long result;
  register long r10 asm("r10") = fourth;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10)
               : "rcx", "r11", "memory");
  return result;
}

/// Above all frames of the thread, and readable as long as it lives: glibc has a thread's control
/// block at the end of its stack; above the first thread's frames are the kernel's random bytes.
Address top_of_own_stack() {
  if (system_call(SYS_gettid) == system_call(SYS_getpid))
    return ::getauxval(AT_RANDOM) & ~Address{7};
  Address control_block;
  asm("movq %%fs:0, %0" : "=r"(control_block));
  return control_block;
}

/// Makes [stack_pointer, top) known, if all of it can be read.
bool extend(OwnStack& own, Address stack_pointer) {
  const Address known = own.known;
  if (stack_pointer >= known || stack_pointer < own.barrier) return false;
  const Address page = stack_pointer & ~(kPageBytes - 1);
  if (known - stack_pointer > kFarthest) {
    own.barrier = known - kFarthest;
    return false;
  }
  for (Address at = page; at < known; at += kPageBytes)
    if (!readable_page(at)) {
      own.barrier = at + kPageBytes;
      return false;
    }
  own.known = page;
  return true;
}

}  // namespace

bool readable_page(Address at) {
  // The kernel copies the new mask before it finds that there is no such way to change masks.
  constexpr long kNoWay = -1, kMaskBytes = 8;
  return system_call(SYS_rt_sigprocmask, kNoWay, static_cast<long>(at & ~(kPageBytes - 1)), 0,
                     kMaskBytes) == -EINVAL;
}

void StackBounds::enter(Address stack_pointer, bool in_use) {
  OwnStack& own = own_stack;
  if (stack_pointer < own.known || stack_pointer >= own.top) [[unlikely]] {
    if (own.top == 0) {
      own.known = top_of_own_stack();
      own.top = own.known;
    }
    if (!extend(own, stack_pointer)) {
      own_ = false;
      begin_ = stack_pointer & ~(kPageBytes - 1);
      bytes_ = in_use ? kPageBytes : 0;
      return;
    }
  }
  own_ = true;
  begin_ = own.known;
  bytes_ = own.top - own.known;
}

[[gnu::noinline]] bool StackBounds::reach(Address at) {
  if (own_ || !readable_page(at)) return false;
  // Only what was asked for: between two pages there may be one that is not there.
  const Address page = at & ~(kPageBytes - 1);
  if (page == begin_ + bytes_) {
    bytes_ += kPageBytes;
  } else {
    begin_ = page;
    bytes_ = kPageBytes;
  }
  return true;
}

}  // namespace arenite
