// SPDX-License-Identifier: MIT
// One run of a protocol: its threads as fibers, one step at a time. What instrumented code does
// with memory, and what it asks of the system, comes here while a thread of the protocol runs.
//
// A step is an atomic operation, a fence, or waiting and waking; in between only one thread runs,
// which is enough as long as plain data has no race, and that is checked. One run at a time in a
// process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "proptests/schedule/atomic_memory.hpp"
#include "proptests/schedule/choices.hpp"
#include "proptests/schedule/fiber.hpp"
#include "proptests/schedule/plain_memory.hpp"

namespace arenite::schedule {

struct Protocol {
  /// Makes everything anew; alone, before the threads.
  std::function<void()> prepare;
  std::vector<std::function<void()>> threads;
  /// Looks at what came out of it; alone, after the threads.
  std::function<void()> finish;
};

class Run {
 public:
  explicit Run(const Protocol& protocol);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Runs the protocol once. False if it failed: `failure` says how.
  bool go(Chooser& chooser, std::uint32_t most_steps, bool traced);

  const std::string& failure() const { return failure_; }
  const Schedule& schedule() const { return schedule_; }
  const std::string& trace() const { return trace_; }
  std::uint32_t steps() const { return step_; }
  bool sharing_grew() const { return atomics_.sharing_grew(); }

  /// The run whose thread is executing, or null: then memory is just memory.
  static Run* current();
  /// The same, also while no thread of it is executing.
  static Run* under_way();

  // ---- what threads of the protocol do ----

  std::uint64_t load(std::uintptr_t at, std::size_t bytes, Order order, std::uintptr_t caller);
  void store(std::uintptr_t at, std::size_t bytes, Order order, std::uint64_t value,
             std::uintptr_t caller);
  /// Returns the former value.
  template <class Change>
  std::uint64_t update(std::uintptr_t at, std::size_t bytes, Order order, std::uintptr_t caller,
                       Change change) {
    AtomicMemory::Object& object = enter(at, bytes, Access::atomic_write, caller);
    const std::uint64_t before = atomics_.last(object);
    exchange(object, order, change(before));
    leave();
    return before;
  }
  /// Whether it was `expected`, which is the former value afterwards.
  bool compare_exchange(std::uintptr_t at, std::size_t bytes, std::uint64_t& expected,
                        std::uint64_t value, Order success, Order failure, std::uintptr_t caller);
  void fence(Order order, std::uintptr_t caller);
  void plain(std::uintptr_t at, std::size_t bytes, Access access, std::uintptr_t caller);

  enum class Wait : std::uint8_t { woken, changed, timed_out };
  /// Sleeps while the word is `value`, until it is woken; with `timed`, at most until nobody is
  /// left who could wake it.
  Wait wait(std::uintptr_t at, std::uint32_t value, bool timed);
  void wake(std::uintptr_t at, std::uint32_t count);
  void yield();
  ThreadIndex thread() const { return thread_; }

  /// Ends the run. Does not return.
  [[noreturn]] void fail(const std::string& what);
  /// Leaves all threads where they are, as fork does to a child; what is to be done at the end then
  /// follows. In a thread of the protocol; does not return.
  [[noreturn]] void stop();

 private:
  enum class State : std::uint8_t { ready, waiting, timed_waiting, timed_out, done };
  struct Thread {
    Run* run = nullptr;
    ThreadIndex index = 0;
    Fiber fiber;
    State state = State::ready;
    std::uintptr_t waits_at = 0;
    std::uint64_t waits_since = 0;
    // Whether its last step was a load, and of what: looking again at what did not change opens
    // nothing new.
    std::uintptr_t loaded_at = 0;
    std::uint32_t loaded_count = 0;
  };

  [[noreturn]] void leave_threads();
  static void enter_thread(void* thread);
  void run_thread(Thread& thread);
  bool alone(const std::function<void()>& part);

  AtomicMemory::Object& enter(std::uintptr_t at, std::size_t bytes, Access access,
                              std::uintptr_t caller);
  void leave();
  void exchange(AtomicMemory::Object& object, Order order, std::uint64_t value);
  bool looks_again(std::uintptr_t at, const AtomicMemory::Object& object) const;
  void may_switch(bool offered);
  void next_step();
  void go_on_elsewhere();
  unsigned choose(Question question, unsigned options, std::span<const ThreadIndex> threads);
  unsigned ready(ThreadIndex (&threads)[kMostThreads], bool but_current) const;
  void switch_to(ThreadIndex next);
  void check_race(std::uintptr_t at, std::size_t bytes, Access access, std::uintptr_t caller);
  void note(const char* what, std::uintptr_t at, std::uint64_t value, std::uintptr_t caller);

  const Protocol& protocol_;
  AtomicMemory atomics_;
  PlainMemory plain_;
  Fiber outside_;
  Thread threads_[kMostThreads + 1];
  ThreadIndex thread_ = 0;
  Chooser* chooser_ = nullptr;
  Schedule schedule_;
  std::uint32_t step_ = 0;
  std::uint32_t most_steps_ = 0;
  std::uint64_t waits_ = 0;
  bool traced_ = false;
  std::string failure_;
  std::string trace_;
};

}  // namespace arenite::schedule
