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
bool extend(detail::OwnStack& own, Address stack_pointer) {
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

[[gnu::tls_model("initial-exec")]] constinit thread_local detail::OwnStack detail::own_stack{};

bool readable_page(Address at) {
  // The kernel copies the new mask before it finds that there is no such way to change masks.
  constexpr long kNoWay = -1, kMaskBytes = 8;
  return system_call(SYS_rt_sigprocmask, kNoWay, static_cast<long>(at & ~(kPageBytes - 1)), 0,
                     kMaskBytes) == -EINVAL;
}

[[gnu::noinline]] StackBounds StackBounds::of_new(Address stack_pointer, bool in_use) {
  detail::OwnStack& own = detail::own_stack;
  if (own.top == 0) {
    own.known = top_of_own_stack();
    own.top = own.known;
  }
  StackBounds bounds;
  if (extend(own, stack_pointer)) {
    bounds.take(own);
    return bounds;
  }
  bounds.own_ = false;
  bounds.begin_ = stack_pointer & ~(kPageBytes - 1);
  bounds.bytes_ = in_use ? kPageBytes : 0;
  return bounds;
}

/// With the page that holds `at`, if it can be read and may be.
[[gnu::noinline]] StackBounds StackBounds::reaching(StackBounds bounds, Address at) {
  if (bounds.own_ || !readable_page(at)) return bounds;
  // Only what was asked for: between two pages there may be one that is not there.
  const Address page = at & ~(kPageBytes - 1);
  if (page == bounds.begin_ + bounds.bytes_) {
    bounds.bytes_ += kPageBytes;
  } else {
    bounds.begin_ = page;
    bounds.bytes_ = kPageBytes;
  }
  return bounds;
}

}  // namespace arenite
