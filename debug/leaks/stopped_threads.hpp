// SPDX-License-Identifier: MIT
// All other threads of this process at rest, from construction to destruction, by a signal: no
// ptrace, so it works in containers and for a process that looks at itself. Each says where its
// stack is and what its registers hold. A thread that sleeps uninterruptibly, is held by a debugger
// or blocks the signal for long is left running, and counted. System calls of stopped threads that
// restart do so; poll, epoll_wait, nanosleep and their like return EINTR, as after any signal that
// has a handler.
//
// Never allocates; errno is kept; the caller's own signals wait meanwhile. Any thread; one at a
// time, others wait. Meanwhile the caller takes no lock another thread may hold: no malloc, no
// stdio, no dlopen.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/leaks/stop_signal.hpp"
#include "debug/memory/regions.hpp"

namespace arenite {

struct StopSettings {
  int signal = 0;  ///< 0: one that programs cannot block through libc
  unsigned patience_ms = 200;
};

enum class StopTrouble : std::uint8_t {
  none,
  left_running,      ///< some threads did not stop
  too_many_threads,  ///< or they begin faster than they are stopped
  unknown_threads,   ///< the system does not tell which threads there are
  no_memory,
  no_signal,  ///< the signal cannot be taken
};

class StoppedThreads {
 public:
  explicit StoppedThreads(const StopSettings& settings);
  /// Lets go of them, and gives the program its signal back.
  ~StoppedThreads();
  StoppedThreads(const StoppedThreads&) = delete;
  StoppedThreads& operator=(const StoppedThreads&) = delete;

  /// Other than none: threads may be running.
  StopTrouble trouble() const { return trouble_; }
  unsigned stopped() const { return stopped_; }
  unsigned left_running() const { return left_running_; }

  /// Calls `visit(const ThreadRecord&)` for each thread that is stopped.
  template <class Visit>
  void each_stopped(Visit visit) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (records_[i].state == StopState::answered) visit(records_[i]);
  }
  /// Where the records lie: full of registers, also of former stops.
  Region memory() const;

 private:
  void stop_all();
  StopTrouble attempt_to_stop();
  void start_over();
  void forget_all();
  bool look_for_new();
  static void take_task(void* self, int task);
  void settle(std::uint64_t deadline_ns);
  bool advance(std::size_t record);
  void ask(std::size_t record);
  void leave_the_rest();
  void note(StopTrouble trouble);

  StopSettings settings_;
  ThreadRecord* records_ = nullptr;
  std::size_t count_ = 0;
  std::uint32_t turn_ = 0;
  int signal_ = 0;
  int own_task_ = 0;
  bool seen_itself_ = false;
  bool grown_ = false;
  StopTrouble trouble_ = StopTrouble::none;
  unsigned stopped_ = 0;
  unsigned left_running_ = 0;
  std::uint64_t signal_mask_ = 0;
  char* buffer_ = nullptr;
};

}  // namespace arenite
