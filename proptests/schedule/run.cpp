// SPDX-License-Identifier: MIT
#include "proptests/schedule/run.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>

#include "base/contract.hpp"

namespace arenite::schedule {
namespace {

/// The run that is under way.
Run* running = nullptr;
/// Whether its own bookkeeping runs: the linker may have given it instrumented copies of templates.
bool inside = true;

class Inside {
 public:
  Inside() : before_(std::exchange(inside, true)) {}
  ~Inside() { inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_;
};

/// Thrown through `prepare` and `finish`.
struct Failed {};

void fatal_in_run(const char* message) {
  if (running == nullptr) return;
  running->fail(std::string("fatal: ") + message);
}

void fault_in_run(int, siginfo_t* info, void*) {
  if (running == nullptr || running->thread() == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    return;
  }
  char line[64];
  std::snprintf(line, sizeof line, "fault at %p", info->si_addr);
  running->fail(line);
}

/// A fault in a thread of the protocol is a failure like others; from its signal handler the run is
/// left for good.
class Traps {
 public:
  Traps() : handler_(set_fatal_handler(&fatal_in_run)) {
    static char stack[64 << 10];
    const stack_t own{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
    ::sigaltstack(&own, &stack_);
    struct sigaction action{};
    action.sa_sigaction = &fault_in_run;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    ::sigaction(SIGSEGV, &action, &fault_);
  }
  ~Traps() {
    set_fatal_handler(handler_);
    ::sigaction(SIGSEGV, &fault_, nullptr);
    ::sigaltstack(&stack_, nullptr);
  }
  Traps(const Traps&) = delete;
  Traps& operator=(const Traps&) = delete;

 private:
  FatalHandler handler_;
  stack_t stack_{};
  struct sigaction fault_{};
};

std::string hex(std::uintptr_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%#zx", number);
  return text;
}

}  // namespace

Run* Run::current() {
  return inside ? nullptr : running;
}

Run* Run::under_way() {
  return running;
}

Run::Run(const Protocol& protocol) : protocol_(protocol) {
  if (protocol.threads.size() > kMostThreads) std::abort();
}

bool Run::go(Chooser& chooser, std::uint32_t most_steps, bool traced) {
  const auto count = static_cast<unsigned>(protocol_.threads.size());
  chooser_ = &chooser;
  most_steps_ = most_steps;
  traced_ = traced;
  failure_.clear();
  trace_.clear();
  schedule_.clear();
  step_ = 0;
  waits_ = 0;
  plain_.clear();
  atomics_.begin(count);
  thread_ = 0;
  running = this;
  const Traps traps;
  if (alone(protocol_.prepare)) {
    for (ThreadIndex i = 1; i <= count; ++i) {
      Thread& thread = threads_[i];
      thread.run = this;
      thread.index = i;
      thread.state = State::ready;
      thread.loaded_at = 0;
      thread.fiber.begin(&Run::enter_thread, &thread);
    }
    go_on_elsewhere();
    thread_ = 0;
    if (failure_.empty()) alone(protocol_.finish);
  }
  running = nullptr;
  return failure_.empty();
}

/// Runs a part outside of the threads; false if it failed.
bool Run::alone(const std::function<void()>& part) {
  try {
    part();
  } catch (const Failed&) {
  } catch (const std::exception& thrown) {
    failure_ = std::string("exception: ") + thrown.what();
  }
  return failure_.empty();
}

void Run::fail(const std::string& what) {
  const Inside in;
  if (failure_.empty()) {
    failure_ = what;
    if (thread_ != 0) failure_ += ", in thread " + std::to_string(thread_);
  }
  if (thread_ == 0) throw Failed{};
  leave_threads();
}

void Run::stop() {
  inside = true;
  leave_threads();
}

void Run::leave_threads() {
  Fiber& from = threads_[thread_].fiber;
  thread_ = 0;
  from.switch_to(outside_);
  // No thread is entered again before it has a new beginning.
  std::abort();
}

void Run::enter_thread(void* thread) {
  auto& self = *static_cast<Thread*>(thread);
  self.run->run_thread(self);
}

void Run::run_thread(Thread& thread) {
  try {
    inside = false;
    protocol_.threads[thread.index - 1]();
    inside = true;
  } catch (const std::exception& thrown) {
    fail(std::string("exception: ") + thrown.what());
  }
  const Inside in;
  thread.state = State::done;
  ++step_;
  go_on_elsewhere();
}

// ---- which thread ----

unsigned Run::ready(ThreadIndex (&threads)[kMostThreads], bool but_current) const {
  unsigned count = 0;
  if (!but_current && threads_[thread_].state == State::ready) threads[count++] = thread_;
  for (ThreadIndex i = 1; i <= protocol_.threads.size(); ++i)
    if (i != thread_ && threads_[i].state == State::ready) threads[count++] = i;
  return count;
}

unsigned Run::choose(Question question, unsigned options, std::span<const ThreadIndex> threads) {
  if (options < 2 && !chooser_->asked_always()) return 0;
  const unsigned choice = chooser_->choose(step_, question, options, threads);
  schedule_.add(step_, choice);
  return choice;
}

void Run::next_step() {
  if (++step_ > most_steps_) fail("no end after " + std::to_string(most_steps_) + " steps");
}

void Run::may_switch(bool offered) {
  next_step();
  if (!offered && !chooser_->asked_always()) return;
  ThreadIndex threads[kMostThreads];
  const unsigned count = ready(threads, false);
  const unsigned choice = choose(Question::preempt, count, {threads, count});
  if (choice != 0) switch_to(threads[choice]);
}

/// The thread that runs cannot, or lets others go first.
void Run::go_on_elsewhere() {
  ThreadIndex threads[kMostThreads];
  unsigned count = ready(threads, true);
  if (count == 0 && thread_ != 0 && threads_[thread_].state == State::ready) return;
  if (count == 0)
    for (ThreadIndex i = 1; i <= protocol_.threads.size() && count == 0; ++i)
      if (threads_[i].state == State::timed_waiting) {
        threads_[i].state = State::timed_out;
        threads[count++] = i;
      }
  if (count != 0) {
    switch_to(threads[choose(Question::go_on, count, {threads, count})]);
    return;
  }
  for (ThreadIndex i = 1; i <= protocol_.threads.size() && failure_.empty(); ++i)
    if (threads_[i].state == State::waiting)
      failure_ = "thread " + std::to_string(i) + " waits at " + hex(threads_[i].waits_at) +
                 ", and nobody is left to wake it";
  if (thread_ != 0) threads_[thread_].fiber.switch_to(outside_);
}

void Run::switch_to(ThreadIndex next) {
  if (next == thread_) return;
  Fiber& from = thread_ == 0 ? outside_ : threads_[thread_].fiber;
  thread_ = next;
  const int saved = errno;
  from.switch_to(threads_[next].fiber);
  errno = saved;
  // Whoever comes back here is inside, as it was when it left.
  inside = true;
}

// ---- atomic operations ----

bool Run::looks_again(std::uintptr_t at, const AtomicMemory::Object& object) const {
  const Thread& self = threads_[thread_];
  return self.loaded_at == at && self.loaded_count == object.count;
}

AtomicMemory::Object& Run::enter(std::uintptr_t at, std::size_t bytes, Access access,
                                 std::uintptr_t caller) {
  inside = true;
  bool offered = atomics_.shared(at);
  if (offered && access == Access::atomic_read)
    offered = !looks_again(at, atomics_.object(at, bytes, thread_));
  may_switch(offered);
  check_race(at, bytes, access, caller);
  if (access != Access::atomic_read) threads_[thread_].loaded_at = 0;
  return atomics_.object(at, bytes, thread_);
}

void Run::leave() {
  atomics_.step(thread_);
  inside = false;
}

std::uint64_t Run::load(std::uintptr_t at, std::size_t bytes, Order order, std::uintptr_t caller) {
  AtomicMemory::Object& object = enter(at, bytes, Access::atomic_read, caller);
  ++step_;
  std::uint32_t back = 0;
  if (!looks_again(at, object)) {
    constexpr std::uint32_t kMostBack = 2;
    const std::uint32_t older = atomics_.older_values(object, thread_, order);
    back = choose(Question::load, std::min(older, kMostBack) + 1, {});
  }
  threads_[thread_].loaded_at = at;
  threads_[thread_].loaded_count = object.count;
  const std::uint64_t value = atomics_.load(object, thread_, order, back);
  note(back == 0 ? "load" : "load of an old value", at, value, caller);
  leave();
  return value;
}

void Run::store(std::uintptr_t at, std::size_t bytes, Order order, std::uint64_t value,
                std::uintptr_t caller) {
  AtomicMemory::Object& object = enter(at, bytes, Access::atomic_write, caller);
  atomics_.store(object, thread_, order, value);
  std::memcpy(reinterpret_cast<void*>(at), &value, bytes);
  note("store", at, value, caller);
  leave();
}

void Run::exchange(AtomicMemory::Object& object, Order order, std::uint64_t value) {
  if (object.bytes < 8) value &= (std::uint64_t{1} << 8 * object.bytes) - 1;
  atomics_.exchange(object, thread_, order, value);
  std::memcpy(reinterpret_cast<void*>(object.at), &value, object.bytes);
  note("change to", object.at, value, 0);
}

bool Run::compare_exchange(std::uintptr_t at, std::size_t bytes, std::uint64_t& expected,
                           std::uint64_t value, Order success, Order failure,
                           std::uintptr_t caller) {
  AtomicMemory::Object& object = enter(at, bytes, Access::atomic_write, caller);
  const std::uint64_t wanted = expected;
  expected = atomics_.last(object);
  if (expected == wanted)
    exchange(object, success, value);
  else
    atomics_.load(object, thread_, failure, 0);
  if (expected != wanted) note("found changed", at, expected, caller);
  leave();
  return expected == wanted;
}

void Run::fence(Order order, std::uintptr_t caller) {
  inside = true;
  may_switch(true);
  atomics_.fence(thread_, order);
  note("fence", 0, static_cast<std::uint64_t>(order), caller);
  leave();
}

// ---- plain memory ----

void Run::plain(std::uintptr_t at, std::size_t bytes, Access access, std::uintptr_t caller) {
  // A stack is its thread's own, and so would errno be.
  const auto* address = reinterpret_cast<const void*>(at);
  if (threads_[thread_].fiber.holds(address) || address == &errno) return;
  inside = true;
  check_race(at, bytes, access, caller);
  inside = false;
}

void Run::check_race(std::uintptr_t at, std::size_t bytes, Access access, std::uintptr_t caller) {
  const int other = plain_.touch(at, bytes, access, thread_, atomics_.clock(thread_));
  if (other < 0) return;
  fail("data race with thread " + std::to_string(other) + " at " + hex(at) + ", from " +
       hex(caller));
}

// ---- what the system does ----

Run::Wait Run::wait(std::uintptr_t at, std::uint32_t value, bool timed) {
  AtomicMemory::Object& object = enter(at, 4, Access::atomic_read, 0);
  Thread& self = threads_[thread_];
  self.loaded_at = 0;
  if (atomics_.last(object) != value) {
    leave();
    return Wait::changed;
  }
  note("wait", at, value, 0);
  self.state = timed ? State::timed_waiting : State::waiting;
  self.waits_at = at;
  self.waits_since = ++waits_;
  ++step_;
  go_on_elsewhere();
  const Wait ended = self.state == State::timed_out ? Wait::timed_out : Wait::woken;
  self.state = State::ready;
  leave();
  return ended;
}

void Run::wake(std::uintptr_t at, std::uint32_t count) {
  enter(at, 4, Access::atomic_read, 0);
  note("wake", at, count, 0);
  for (; count > 0; --count) {
    Thread* first = nullptr;
    for (ThreadIndex i = 1; i <= protocol_.threads.size(); ++i) {
      Thread& other = threads_[i];
      const bool waits = other.state == State::waiting || other.state == State::timed_waiting;
      if (waits && other.waits_at == at &&
          (first == nullptr || other.waits_since < first->waits_since))
        first = &other;
    }
    if (first == nullptr) break;
    first->state = State::ready;
  }
  leave();
}

void Run::yield() {
  inside = true;
  next_step();
  threads_[thread_].loaded_at = 0;
  go_on_elsewhere();
  leave();
}

void Run::note(const char* what, std::uintptr_t at, std::uint64_t value, std::uintptr_t caller) {
  if (!traced_) return;
  trace_ += std::to_string(step_) + ": thread " + std::to_string(thread_) + ", " + what + " " +
            hex(value) + " at " + hex(at);
  if (caller != 0) trace_ += ", from " + hex(caller);
  trace_ += '\n';
}

}  // namespace arenite::schedule
