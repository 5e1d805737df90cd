// SPDX-License-Identifier: MIT
#include "proptests/schedule/fake_kernel.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "debug/leaks/raw_syscall.hpp"
#include "debug/leaks/tasks.hpp"
#include "proptests/schedule/run.hpp"

namespace arenite::schedule {
namespace {

constexpr long kProcess = 4711;

/// As rt_sigaction takes it.
struct Action {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  std::uint64_t mask;
};

struct Signal {
  std::uint32_t pending;  // through the run, which then knows who waits for it
  int number;
  siginfo_t info;
};

Action action;
std::array<Signal, 8> signals;
std::vector<int> tasks;

template <class T>
T* pointer(long word) {
  return reinterpret_cast<T*>(word);
}

long futex(Run& run, long word, long operation, long value, bool timed) {
  const auto at = static_cast<std::uintptr_t>(word);
  if ((operation & FUTEX_CMD_MASK) == FUTEX_WAKE) {
    run.wake(at, static_cast<std::uint32_t>(value));
    return 0;
  }
  switch (run.wait(at, static_cast<std::uint32_t>(value), timed)) {
    case Run::Wait::woken:
      return 0;
    case Run::Wait::changed:
      return -EAGAIN;
    case Run::Wait::timed_out:
      return -ETIMEDOUT;
  }
  return -EINVAL;
}

long set_action(const Action* now, Action* before) {
  if (before != nullptr) *before = action;
  if (now != nullptr) action = *now;
  return 0;
}

std::uintptr_t place_of(const Signal& signal) {
  return reinterpret_cast<std::uintptr_t>(&signal.pending);
}

long queue(Run& run, long task, long number, const siginfo_t* info) {
  Signal& signal = signals.at(static_cast<std::size_t>(task));
  if (run.load(place_of(signal), 4, Order::relaxed, 0) != 0) return -EAGAIN;
  signal.number = static_cast<int>(number);
  signal.info = *info;
  run.store(place_of(signal), 4, Order::relaxed, 1, 0);
  run.wake(place_of(signal), 1);
  return 0;
}

}  // namespace

void start_kernel(std::initializer_list<int> of_process) {
  action = {};
  signals = {};
  set_tasks(of_process);
}

void set_tasks(std::initializer_list<int> of_process) {
  tasks = of_process;
}

void take_signal() {
  Run& run = *Run::current();
  Signal& signal = signals.at(run.thread());
  while (run.wait(place_of(signal), 0, false) != Run::Wait::changed) {
  }
  run.store(place_of(signal), 4, Order::relaxed, 0, 0);
  siginfo_t info = signal.info;
  ucontext_t context{};
  action.handler(signal.number, &info, &context);
}

}  // namespace arenite::schedule

namespace arenite {

using schedule::Run;

long raw_syscall_words(long number, long a, long b, long c, long d, long, long) {
  Run* const run = Run::current();
  switch (number) {
    case SYS_getpid:
      return schedule::kProcess;
    case SYS_gettid:
      return run == nullptr ? 0 : static_cast<long>(run->thread());
    case SYS_futex:
      return run == nullptr ? 0 : schedule::futex(*run, a, b, c, d != 0);
    case SYS_rt_sigaction:
      return schedule::set_action(schedule::pointer<schedule::Action>(b),
                                  schedule::pointer<schedule::Action>(c));
    case SYS_rt_tgsigqueueinfo:
      return run == nullptr ? -EINVAL
                            : schedule::queue(*run, b, c, schedule::pointer<siginfo_t>(d));
    case SYS_tgkill:
    case SYS_rt_sigprocmask:
      return 0;
    case SYS_clock_gettime:  // time stands still: nobody loses patience
      *schedule::pointer<timespec>(b) = {};
      return 0;
    case SYS_nanosleep:
      if (run != nullptr) run->yield();
      return 0;
    case SYS_mmap:
    case SYS_munmap: {
      const long got = ::syscall(number, a, b, c, d, -1L, 0L);
      return got == -1 ? -errno : got;
    }
    default:
      break;
  }
  if (run != nullptr) run->fail("a system call that is not modelled: " + std::to_string(number));
  return -ENOSYS;
}

bool each_task(char*, void (*visit)(void* visitor, int task), void* visitor) {
  for (const int task : schedule::tasks) visit(visitor, task);
  return true;
}

TaskState task_state(int, int, char*) {
  return TaskState::takes_signal;
}

}  // namespace arenite
