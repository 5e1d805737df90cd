// SPDX-License-Identifier: MIT
// Another process, standing still: every thread is stopped by ptrace from construction until
// destruction, then runs on; signals that arrived meanwhile are delivered. Should this process die,
// the kernel lets the other one run. Throws CannotTell if the process is gone or not ours.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace arenite {

class StoppedProcess {
 public:
  explicit StoppedProcess(pid_t pid);
  ~StoppedProcess();
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;

  /// Numbers of its threads, ascending, as this process sees them.
  std::vector<std::uint64_t> threads() const;
  /// Threads that sleep in the kernel where nothing stops them, as in vfork: they write nothing
  /// themselves, but who they wait for may.
  bool standing() const { return unstoppable_ == 0; }

 private:
  struct Thread {
    pid_t number;
    bool stopped;
    int signal;  ///< stopped on its way to it; goes on with it
  };

  void attach_all();
  bool attach(pid_t thread);
  void wait_for(Thread& thread);
  void let_go();

  pid_t pid_;
  std::vector<Thread> threads_;
  int unstoppable_ = 0;
};

/// The value of a field of /proc/PID/status or of a thread's, "" if there is none.
std::string status_field(const std::string& status_path, const std::string& field);

}  // namespace arenite
