// SPDX-License-Identifier: MIT
#include "debug/leaks/stopped_threads.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>

#include "debug/leaks/mapped_memory.hpp"
#include "debug/leaks/tasks.hpp"

namespace arenite {
namespace {

/// A look that finds no new thread may have missed one while others ended.
constexpr unsigned kQuietLooks = 2;
constexpr unsigned kMostLooks = 64;
/// Among which the patience is divided.
constexpr unsigned kAttempts = 4;

std::uint64_t now_ns() {
  timespec now{};
  raw_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

/// All but what a fault of the caller itself raises.
constexpr std::uint64_t all_signals_but_faults() {
  std::uint64_t mask = ~std::uint64_t{0};
  for (int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT})
    mask &= ~(std::uint64_t{1} << (fault - 1));
  return mask;
}

}  // namespace

StoppedThreads::StoppedThreads(const StopSettings& settings) : settings_(settings) {
  // Waits with its signals open: whoever has the turn stops this thread, too.
  turn_ = stop_signal::open_turn();
  constexpr std::uint64_t kMask = all_signals_but_faults();
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &kMask, &signal_mask_, sizeof kMask);
  own_task_ = static_cast<int>(raw_syscall(SYS_gettid));
  records_ = stop_signal::records();
  const MappedMemory buffer(kTaskBufferBytes);
  if (records_ == nullptr || !buffer.had()) {
    note(StopTrouble::no_memory);
    return;
  }
  buffer_ = buffer.data<char>();
  signal_ = stop_signal::choose(settings_.signal);
  stop_all();
  buffer_ = nullptr;
}

StoppedThreads::~StoppedThreads() {
  forget_all();
  stop_signal::close_turn();
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &signal_mask_, 0, sizeof signal_mask_);
}

Region StoppedThreads::memory() const {
  const Address begin = reinterpret_cast<Address>(records_);
  return {begin, begin + (records_ == nullptr ? 0 : stop_signal::kMaxThreads * sizeof *records_)};
}

/// The first trouble is the one that is told.
void StoppedThreads::note(StopTrouble trouble) {
  if (trouble_ == StopTrouble::none) trouble_ = trouble;
}

void StoppedThreads::stop_all() {
  for (unsigned attempt = 1;; ++attempt) {
    const StopTrouble trouble = attempt_to_stop();
    if (trouble != StopTrouble::left_running || attempt == kAttempts) return note(trouble);
    start_over();
  }
}

StopTrouble StoppedThreads::attempt_to_stop() {
  unsigned quiet = 0;
  for (unsigned looks = 0; quiet < kQuietLooks; ++looks) {
    if (looks == kMostLooks) return StopTrouble::too_many_threads;
    if (!look_for_new()) return StopTrouble::unknown_threads;
    settle(now_ns() + std::uint64_t{settings_.patience_ms} * 1'000'000 / kAttempts);
    quiet = grown_ ? 0 : quiet + 1;
    // Nobody else is there to start a thread.
    if (count_ == 0) break;
  }
  return left_running_ == 0 ? StopTrouble::none : StopTrouble::left_running;
}

/// A thread that blocks signals may be waiting for what a stopped one holds.
void StoppedThreads::start_over() {
  forget_all();
  turn_ = stop_signal::next_turn();
  const timespec moment{0, 1'000'000};
  raw_syscall(SYS_nanosleep, &moment, 0);
}

/// Their records are free for the next turn, or the next stop.
void StoppedThreads::forget_all() {
  for (std::size_t i = 0; i < count_; ++i)
    records_[i].turn.store(stop_signal::turn_word(turn_, TurnPhase::idle),
                           std::memory_order_relaxed);
  count_ = 0;
  stopped_ = left_running_ = 0;
}

bool StoppedThreads::look_for_new() {
  grown_ = false;
  return each_task(buffer_, &take_task, this) && seen_itself_;
}

void StoppedThreads::take_task(void* self, int task) {
  auto& threads = *static_cast<StoppedThreads*>(self);
  if (task == threads.own_task_) {
    threads.seen_itself_ = true;
    return;
  }
  for (std::size_t i = 0; i < threads.count_; ++i)
    if (threads.records_[i].task == task && threads.records_[i].state != StopState::gone) return;
  if (threads.count_ == stop_signal::kMaxThreads)
    return threads.note(StopTrouble::too_many_threads);
  ThreadRecord& record = threads.records_[threads.count_++];
  record.turn.store(stop_signal::turn_word(threads.turn_, TurnPhase::idle),
                    std::memory_order_relaxed);
  record.task = task;
  record.state = StopState::not_asked;
  threads.grown_ = true;
}

/// Asks whoever is not asked yet and waits for those who are, until all have a state that lasts.
void StoppedThreads::settle(std::uint64_t deadline_ns) {
  for (;;) {
    bool waiting = false;
    for (std::size_t i = 0; i < count_; ++i)
      if (!advance(i)) waiting = true;
    if (!waiting) return;
    if (now_ns() > deadline_ns) return leave_the_rest();
    stop_signal::wait_for_answers();
  }
}

/// Whether nothing more is to be expected of the thread.
bool StoppedThreads::advance(std::size_t index) {
  ThreadRecord& record = records_[index];
  if (record.state == StopState::not_asked) ask(index);
  if (record.state == StopState::asked) {
    // Acquire: pairs with the release by which the handler hands the record over.
    if (record.turn.load(std::memory_order_acquire) ==
        stop_signal::turn_word(turn_, TurnPhase::stopped)) {
      record.state = StopState::answered;
      ++stopped_;
    } else if (!stop_signal::exists(record.task)) {
      record.state = StopState::gone;
    }
  }
  return record.state != StopState::not_asked && record.state != StopState::asked;
}

/// A thread that blocks the signal is not asked: it would get it long after, when nobody waits.
void StoppedThreads::ask(std::size_t index) {
  ThreadRecord& record = records_[index];
  const TaskState state = task_state(record.task, signal_, buffer_);
  if (state == TaskState::gone) record.state = StopState::gone;
  if (state != TaskState::takes_signal) return;
  if (stop_signal::take_over(signal_) != signal_) return note(StopTrouble::no_signal);
  const long failed = stop_signal::send(signal_, record.task, turn_, index);
  // Anything else than these two, as a full queue, may be better in a moment.
  if (failed == 0) record.state = StopState::asked;
  if (failed == -ESRCH) record.state = StopState::gone;
}

void StoppedThreads::leave_the_rest() {
  for (std::size_t i = 0; i < count_; ++i) {
    ThreadRecord& record = records_[i];
    if (record.state == StopState::asked && !stop_signal::give_up(record, turn_))
      while (!advance(i)) stop_signal::wait_for_answers();
    if (record.state != StopState::asked && record.state != StopState::not_asked) continue;
    record.state = StopState::left_running;
    ++left_running_;
  }
}

}  // namespace arenite
