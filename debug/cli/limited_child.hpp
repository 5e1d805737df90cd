// SPDX-License-Identifier: MIT
// Runs programs one after the other as children, each for a limited time, with what they write kept
// aside. One object at a time, on a program's only thread: it blocks SIGINT, SIGTERM and SIGCHLD
// while it lives, and takes them itself.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace arenite::cli {

struct ChildEnd {
  enum class How { exited, killed, timed_out, interrupted };
  How how = How::exited;
  /// Of `exited` the status, of `killed` the signal.
  int code = 0;
  /// The last lines it wrote to stderr, without what a terminal would obey.
  std::vector<std::string> last_lines;
  /// The first ERROR line of a report among all it wrote there; "" if none.
  std::string report;
};

class LimitedChild {
 public:
  LimitedChild();
  ~LimitedChild();
  LimitedChild(const LimitedChild&) = delete;
  LimitedChild& operator=(const LimitedChild&) = delete;

  /// `prepare` is called in the child, before the program. Stdin is the file that this process has
  /// for it, from its begin, or nothing. Whatever the program leaves running in its process group
  /// is killed. Throws CannotTell if the program cannot be started.
  ChildEnd run(const std::vector<std::string>& program, double limit_s,
               const std::function<void()>& prepare);

 private:
  [[noreturn]] void become(const std::vector<std::string>& program, int output, int failure,
                           const std::function<void()>& prepare) const;

  sigset_t former_;
  int signals_;
};

}  // namespace arenite::cli
