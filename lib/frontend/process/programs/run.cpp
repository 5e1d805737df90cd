// SPDX-License-Identifier: MIT
#include "frontend/process/programs/run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace arenite {
namespace {

std::string contents(int file) {
  std::string text;
  char part[4096];
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t got = 0; (got = ::read(file, part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(got));
  ::close(file);
  return text;
}

[[noreturn]] void become(const std::vector<std::string>& command, const RunSetting& setting,
                         int output, int errors) {
  ::setpgid(0, 0);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (setting.preloaded) ::setenv("LD_PRELOAD", ARENITE_LIBRARY, 1);
  for (const std::string& variable : setting.environment)
    ::putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const rlimit space{setting.address_space_bytes, setting.address_space_bytes};
  if (::setrlimit(RLIMIT_AS, &space) == 0) ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

Outcome run_command(const std::vector<std::string>& command, const RunSetting& setting) {
  const int output = ::memfd_create("output", MFD_CLOEXEC);
  const int errors = ::memfd_create("errors", MFD_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) become(command, setting, output, errors);
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  pollfd ended{handle, POLLIN, 0};
  Outcome outcome;
  outcome.timed_out = ::poll(&ended, 1, setting.seconds * 1000) != 1;
  ::kill(outcome.timed_out ? -child : child, outcome.timed_out ? SIGKILL : 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(handle);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.output = contents(output);
  outcome.errors = contents(errors);
  return outcome;
}

Outcome run_program(const std::string& name, const RunSetting& setting) {
  return run_command({ARENITE_PROGRAMS "/" + name}, setting);
}

}  // namespace arenite
