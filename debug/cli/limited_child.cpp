// SPDX-License-Identifier: MIT
#include "debug/cli/limited_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "debug/cli/last_lines.hpp"
#include "debug/cli/run_environment.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite::cli {
namespace {

using Clock = std::chrono::steady_clock;

class File {
 public:
  explicit File(int number) : number_(number) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return number_; }
  /// Once; where there is none any more the system says so, to nobody.
  void close() { ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

struct Pipe {
  explicit Pipe(const std::array<int, 2>& ends) : out(ends[0]), in(ends[1]) {}
  File out, in;
};

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw CannotTell(std::string("no pipe could be had: ") + std::strerror(errno));
  return ends;
}

/// Reads what is there now. False at the end of the file.
bool read_some(int file, LastLines& lines) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(file, buffer.data(), buffer.size());
  if (got > 0) lines.take({buffer.data(), static_cast<std::size_t>(got)});
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/// What was written before the end. Another group may still hold the pipe, and fill it for ever.
void read_rest(int file, LastLines& lines) {
  constexpr int kMostReads = 256;
  ::fcntl(file, F_SETFL, O_NONBLOCK);
  for (int i = 0; i < kMostReads; ++i) {
    errno = 0;
    if (!read_some(file, lines) || errno == EAGAIN) break;
  }
  lines.finish();
}

bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

/// For poll: at least 1 before the deadline, at most a minute, so that no limit is too long.
int milliseconds_to(Clock::time_point now, double left_s, Clock::time_point begin) {
  const double left = (left_s - std::chrono::duration<double>(now - begin).count()) * 1000;
  return static_cast<int>(std::clamp(left + 1, 0.0, 60000.0));
}

}  // namespace

LimitedChild::LimitedChild() {
  // Were it ignored, as some parents leave it, there would be nothing to wait for.
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t taken;
  ::sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) ::sigaddset(&taken, signal);
  ::sigprocmask(SIG_BLOCK, &taken, &former_);
  signals_ = ::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals_ < 0)
    throw CannotTell(std::string("signals cannot be taken: ") + std::strerror(errno));
}

LimitedChild::~LimitedChild() {
  ::close(signals_);
  ::sigprocmask(SIG_SETMASK, &former_, nullptr);
}

void LimitedChild::become(const std::vector<std::string>& program, int output, int failure,
                          const std::function<void()>& prepare) const {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  struct stat input{};
  const bool again = ::fstat(STDIN_FILENO, &input) == 0 && S_ISREG(input.st_mode);
  const int in = ::open(again ? "/proc/self/fd/0" : "/dev/null", O_RDONLY);
  const int out = ::open("/dev/null", O_WRONLY);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  for (const int file : {in, out})
    if (file > STDERR_FILENO) ::close(file);
  prepare();
  ::sigprocmask(SIG_SETMASK, &former_, nullptr);
  execute(program);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(failure, &error, sizeof error);
  ::_exit(127);
}

ChildEnd LimitedChild::run(const std::vector<std::string>& program, double limit_s,
                           const std::function<void()>& prepare) {
  Pipe output(make_pipe()), failure(make_pipe());
  const Clock::time_point begin = Clock::now();
  const pid_t child = ::fork();
  if (child < 0) throw CannotTell(std::string("fork: ") + std::strerror(errno));
  if (child == 0) become(program, output.in.number(), failure.in.number(), prepare);
  // On both sides, so that the group is there whoever comes first.
  ::setpgid(child, child);
  output.in.close();
  failure.in.close();
  int error = 0;
  if (::read(failure.out.number(), &error, sizeof error) == sizeof error) {
    ::waitpid(child, nullptr, 0);
    throw CannotTell(program[0] + ": " + std::strerror(error));
  }

  ChildEnd end;
  LastLines lines;
  int status = 0;
  bool open = true, ended = false;
  while (!ended) {
    std::array<pollfd, 2> files{{{signals_, POLLIN, {}}, {output.out.number(), POLLIN, {}}}};
    const int wait_ms = milliseconds_to(Clock::now(), limit_s, begin);
    if (wait_ms == 0) {
      end.how = ChildEnd::How::timed_out;
      break;
    }
    ::poll(files.data(), open ? 2 : 1, wait_ms);
    if (open && files[1].revents != 0) open = read_some(output.out.number(), lines);
    signalfd_siginfo signal;
    while (::read(signals_, &signal, sizeof signal) == sizeof signal)
      if (signal.ssi_signo != SIGCHLD) end.how = ChildEnd::How::interrupted;
    if (end.how == ChildEnd::How::interrupted) break;
    ended = has_ended(child);
  }
  // Before its number is given back: until then no other group can have it.
  ::kill(-child, SIGKILL);
  ::waitpid(child, &status, 0);
  if (open) read_rest(output.out.number(), lines);
  if (ended && WIFSIGNALED(status)) end.how = ChildEnd::How::killed;
  end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  end.last_lines.assign(lines.lines().begin(), lines.lines().end());
  end.report = lines.report();
  return end;
}

}  // namespace arenite::cli
