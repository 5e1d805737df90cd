// SPDX-License-Identifier: MIT
#include "bench/icount/stepper.hpp"

#include <sched.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <system_error>

namespace arenite::bench {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

// Tracer and traced together: a step is then a plain switch between the two, and an allocator that
// asks for its processor always gets the same answer.
void stay_on_one_processor() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &processors);
  sched_setaffinity(0, sizeof processors, &processors);
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& preload) {
  personality(ADDR_NO_RANDOMIZE);
  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);

  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // One memset and memcpy on every processor, whatever it offers.
  std::string tunables = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512VL,-AVX512F,-AVX2,-ERMS,-FSRM";
  std::string bind = "LD_BIND_NOW=1";
  std::string load = "LD_PRELOAD=" + preload;
  std::vector<char*> environment = {tunables.data(), bind.data()};
  if (!preload.empty()) environment.push_back(load.data());
  environment.push_back(nullptr);
  execve(arguments[0], arguments.data(), environment.data());
  _exit(127);
}

bool stopped_by_breakpoint(pid_t thread) {
  siginfo_t info{};
  require(ptrace(PTRACE_GETSIGINFO, thread, nullptr, &info) == 0, "PTRACE_GETSIGINFO");
  return info.si_code == SI_KERNEL;
}

long program_counter(pid_t thread) {
  errno = 0;
  const long value = ptrace(PTRACE_PEEKUSER, thread, offsetof(user_regs_struct, rip), nullptr);
  require(errno == 0, "PTRACE_PEEKUSER");
  return value;
}

// From one breakpoint to the next. Returns false when the thread ended on the way.
bool count_region(pid_t thread, std::uint64_t& count) {
  count = 0;
  long before = program_counter(thread);
  int signal = 0;
  for (;;) {
    require(ptrace(PTRACE_SINGLESTEP, thread, nullptr, signal) == 0, "PTRACE_SINGLESTEP");
    int status = 0;
    require(waitpid(thread, &status, __WALL) == thread, "waitpid");
    if (!WIFSTOPPED(status)) return false;
    signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    if (signal != 0) continue;
    if (status >> 16 != 0) continue;  // a ptrace event, no instruction
    if (stopped_by_breakpoint(thread)) return true;
    const long now = program_counter(thread);
    if (now != before) ++count;
    before = now;
  }
}

}  // namespace

Stepped step_through(const std::vector<std::string>& command, const std::string& preload) {
  stay_on_one_processor();
  const pid_t program = fork();
  require(program >= 0, "fork");
  if (program == 0) become(command, preload);

  int status = 0;
  require(waitpid(program, &status, 0) == program, "waitpid");
  if (!WIFSTOPPED(status)) throw std::system_error(ENOEXEC, std::generic_category(), command[0]);
  require(ptrace(PTRACE_SETOPTIONS, program, nullptr, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) == 0,
          "PTRACE_SETOPTIONS");
  require(ptrace(PTRACE_CONT, program, nullptr, nullptr) == 0, "PTRACE_CONT");

  Stepped result;
  for (;;) {
    const pid_t thread = waitpid(-1, &status, __WALL);
    require(thread > 0, "waitpid");
    if (!WIFSTOPPED(status)) {
      if (thread != program) continue;
      result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      return result;
    }
    int signal = WSTOPSIG(status);
    if (status >> 16 != 0 || (signal == SIGSTOP && thread != program)) {
      signal = 0;  // a thread was made, or starts
    } else if (signal == SIGTRAP && stopped_by_breakpoint(thread)) {
      signal = 0;
      std::uint64_t count = 0;
      if (!count_region(thread, count)) continue;
      result.regions.push_back(count);
    }
    require(ptrace(PTRACE_CONT, thread, nullptr, signal) == 0, "PTRACE_CONT");
  }
}

}  // namespace arenite::bench
