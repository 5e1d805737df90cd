// SPDX-License-Identifier: MIT
// Runs a program and says what it cost, with the children it waited for: wall, user and system time
// and peak resident memory, as one line of JSON written to a file. A program of its own, static and
// small, because the kernel starts a process's peak from the memory of the process that started it:
// measured from Python, `true` would seem to need what Python does.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr char kUsage[] =
    "usage: measure RESULT-FILE [NAME=VALUE]... -- PROGRAM [ARGUMENT]...\n"
    "NAME=VALUE is set in the program's environment only.\n";

constexpr int kCannotStart = 127;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void become(char** environment, char** environment_end, char** program) {
  for (char** setting = environment; setting != environment_end; ++setting) putenv(*setting);
  execvp(program[0], program);
  dprintf(STDERR_FILENO, "measure: %s: %s\n", program[0], std::strerror(errno));
  _exit(kCannotStart);
}

// The program being measured, for the handler that passes SIGTERM on.
volatile sig_atomic_t child = 0;
void pass_on(int signal) {
  if (child > 0) kill(static_cast<pid_t>(child), signal);
}

}  // namespace

int main(int argc, char** argv) {
  int separator = 2;
  while (separator < argc && std::strcmp(argv[separator], "--") != 0) ++separator;
  if (separator + 1 >= argc) {
    std::fputs(kUsage, stderr);
    return 64;
  }
  const int result = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (result < 0) {
    std::perror(argv[1]);
    return 1;
  }

  const double start = now();
  const pid_t pid = fork();
  if (pid < 0) {
    std::perror("fork");
    return 1;
  }
  if (pid == 0) become(argv + 2, argv + separator, argv + separator + 1);
  child = pid;
  std::signal(SIGTERM, pass_on);

  int status = 0;
  rusage usage{};
  while (wait4(pid, &status, 0, &usage) < 0) {
    if (errno != EINTR) {
      std::perror("wait4");
      return 1;
    }
  }
  const double wall = now() - start;
  dprintf(result,
          "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak_kib\": %ld, "
          "\"minor_faults\": %ld, \"exit\": %d, \"signal\": %d}\n",
          wall, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss, usage.ru_minflt,
          WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  return 0;
}
