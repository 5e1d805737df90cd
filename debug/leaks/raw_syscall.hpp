// SPDX-License-Identifier: MIT
// System calls without libc: errno is not touched, so they also serve in a signal handler of a
// thread that has no libc state at all. Returns what the kernel returns: -ERROR on failure.
#pragma once

#include <cstdint>

namespace arenite {

/// What a system call takes: numbers and pointers, as the register they travel in.
template <class Value>
inline long syscall_argument(Value value) {
  return static_cast<long>(value);
}
template <class Value>
inline long syscall_argument(Value* value) {
  return static_cast<long>(reinterpret_cast<std::uintptr_t>(value));
}

/// All six words go to the kernel, whatever the call takes. Defined apart from its callers, so that
/// a test can be the kernel.
long raw_syscall_words(long number, long a, long b, long c, long d, long e, long f);

template <class... Arguments>
inline long raw_syscall(long number, Arguments... arguments) {
  static_assert(sizeof...(arguments) <= 6);
  const long words[6] = {syscall_argument(arguments)...};
  return raw_syscall_words(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

}  // namespace arenite
