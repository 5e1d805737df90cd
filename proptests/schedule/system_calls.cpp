// SPDX-License-Identifier: MIT
// What threads of a protocol ask the system for that concerns their schedule: futexes, their
// number, and letting others go first. In front of libc's functions of the same names, for the
// whole program; outside of a run, and for all other calls, the kernel answers.
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "proptests/schedule/run.hpp"

namespace {

long kernel(long number, const long (&a)[6]) {
  long result;
  register long r10 asm("r10") = a[3];
  register long r8 asm("r8") = a[4];
  register long r9 asm("r9") = a[5];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

long futex(arenite::schedule::Run& run, const long (&a)[6]) {
  const auto at = static_cast<std::uintptr_t>(a[0]);
  const auto value = static_cast<std::uint32_t>(a[2]);
  switch (a[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      using Wait = arenite::schedule::Run::Wait;
      const Wait ended = run.wait(at, value, a[3] != 0);
      if (ended == Wait::woken) return 0;
      errno = ended == Wait::changed ? EAGAIN : ETIMEDOUT;
      return -1;
    }
    case FUTEX_WAKE:
      run.wake(at, value);
      return 0;
    default:
      run.fail("a futex operation that is not modelled");
      return -1;
  }
}

}  // namespace

extern "C" long syscall(long number, ...) noexcept {
  long arguments[6];
  std::va_list list;
  va_start(list, number);
  for (long& each : arguments) each = va_arg(list, long);
  va_end(list);
  if (arenite::schedule::Run* run = arenite::schedule::Run::current()) {
    if (number == SYS_futex) return futex(*run, arguments);
    if (number == SYS_gettid) return static_cast<long>(run->thread());
  }
  return kernel(number, arguments);
}

extern "C" int sched_yield() noexcept {
  if (arenite::schedule::Run* run = arenite::schedule::Run::current()) {
    run->yield();
    return 0;
  }
  return static_cast<int>(kernel(SYS_sched_yield, {}));
}
