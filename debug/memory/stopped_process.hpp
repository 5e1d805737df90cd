// SPDX-License-Identifier: MIT
// Another process, standing still: every thread is stopped by ptrace from construction until
// destruction, then runs on; signals that arrived meanwhile are delivered. Should this process die,
// the kernel lets the other one run. Throws CannotTell if the process is gone or not ours.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

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
  /// The registers of one of them; false if it is not stopped.
  bool registers(std::uint64_t thread, user_regs_struct& to) const;
  /// Whether every thread is. One that sleeps in the kernel where nothing stops it, as in vfork,
  /// writes nothing itself, but whom it waits for may.
  bool standing() const;

 private:
  enum class Hold { attached, stopped, left_alone };
  struct Thread {
    pid_t number;
    Hold hold;
    int signal;  ///< stopped on its way to it; goes on with it
  };

  void attach_all();
  bool attach(pid_t thread);
  void wait_for(Thread& thread);
  void let_go();

  pid_t pid_;
  std::vector<Thread> threads_;
};

/// The value of a field of /proc/PID/status or of a thread's, "" if there is none.
std::string status_field(const std::string& status_path, const std::string& field);

}  // namespace arenite
