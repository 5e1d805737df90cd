// SPDX-License-Identifier: MIT
#include "debug/memory/stopped_process.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "debug/memory/cannot_tell.hpp"

namespace arenite {
namespace {

constexpr std::chrono::milliseconds kStopLimit{2000};
/// A thread that sleeps uninterruptibly for longer is left alone: nothing can be traced, nor let go
/// again, while it does.
constexpr std::chrono::milliseconds kSleepLimit{100};

std::string proc(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

std::vector<pid_t> tasks(pid_t pid) {
  std::vector<pid_t> numbers;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(proc(pid) + "/task", failed))
    numbers.push_back(
        static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10)));
  return numbers;
}

/// R, S, D, T, t, Z or X; 0 if the thread is gone.
char state_of(pid_t pid, pid_t thread) {
  const std::string state =
      status_field(proc(pid) + "/task/" + std::to_string(thread) + "/status", "State");
  return state.empty() ? '\0' : state[0];
}

bool ended(char state) {
  return state == '\0' || state == 'Z' || state == 'X';
}

[[noreturn]] void refuse(pid_t pid, int error) {
  const std::string who = "process " + std::to_string(pid);
  if (error == ESRCH) throw CannotTell(who + " is gone");
  const std::string tracer = status_field(proc(pid) + "/status", "TracerPid");
  if (!tracer.empty() && tracer != "0")
    throw CannotTell(who + " is already being traced, by process " + tracer);
  throw CannotTell(who + " may not be stopped by this user: " + std::strerror(error));
}

}  // namespace

std::string status_field(const std::string& status_path, const std::string& field) {
  std::ifstream file(status_path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(field + ":")) continue;
    const std::size_t value = line.find_first_not_of(" \t", field.size() + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

StoppedProcess::StoppedProcess(pid_t pid) : pid_(pid) {
  if (pid <= 0 || !std::filesystem::exists(proc(pid)))
    throw CannotTell("there is no process " + std::to_string(pid));
  if (pid == ::getpid()) throw CannotTell("a process cannot stop itself to look at itself");
  try {
    attach_all();
  } catch (...) {
    let_go();
    throw;
  }
}

StoppedProcess::~StoppedProcess() {
  let_go();
}

bool StoppedProcess::standing() const {
  return std::none_of(threads_.begin(), threads_.end(),
                      [](const Thread& thread) { return thread.hold == Hold::left_alone; });
}

std::vector<std::uint64_t> StoppedProcess::threads() const {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(threads_.size());
  for (const Thread& thread : threads_)
    numbers.push_back(static_cast<std::uint64_t>(thread.number));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool StoppedProcess::registers(std::uint64_t thread, user_regs_struct& to) const {
  return ::ptrace(PTRACE_GETREGS, static_cast<pid_t>(thread), nullptr, &to) == 0;
}

/// A thread that runs may start another one, so looks again until there is none it does not know.
void StoppedProcess::attach_all() {
  for (bool grown = true; grown;) {
    grown = false;
    for (pid_t number : tasks(pid_)) {
      const bool known = std::any_of(threads_.begin(), threads_.end(),
                                     [&](const Thread& thread) { return thread.number == number; });
      if (!known && attach(number)) grown = true;
    }
    for (Thread& thread : threads_)
      if (thread.hold == Hold::attached) wait_for(thread);
    std::erase_if(threads_, [](const Thread& thread) { return thread.number == 0; });
  }
  if (threads_.empty()) refuse(pid_, ESRCH);
}

bool StoppedProcess::attach(pid_t thread) {
  const auto deadline = std::chrono::steady_clock::now() + kSleepLimit;
  char state = state_of(pid_, thread);
  for (; state == 'D' && std::chrono::steady_clock::now() < deadline;
       state = state_of(pid_, thread))
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  if (ended(state)) return false;
  if (state == 'D') {
    threads_.push_back({thread, Hold::left_alone, 0});
    return true;
  }
  if (::ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) {
    const int error = errno;
    // One that is ending is refused, too, and may be gone when its state is looked up.
    if (error == ESRCH || ended(state_of(pid_, thread))) return false;
    refuse(pid_, error);
  }
  threads_.push_back({thread, Hold::attached, 0});
  ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
  return true;
}

void StoppedProcess::wait_for(Thread& thread) {
  const auto deadline = std::chrono::steady_clock::now() + kStopLimit;
  for (;;) {
    int status = 0;
    const pid_t got = ::waitpid(thread.number, &status, __WALL | WNOHANG);
    if (got < 0 || (got > 0 && !WIFSTOPPED(status))) {
      thread.number = 0;  // it has ended
      return;
    }
    if (got > 0) {
      thread.hold = Hold::stopped;
      if (status >> 16 != PTRACE_EVENT_STOP) thread.signal = WSTOPSIG(status);
      return;
    }
    if (std::chrono::steady_clock::now() > deadline)
      throw CannotTell("process " + std::to_string(pid_) + " does not stop");
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

void StoppedProcess::let_go() {
  for (const Thread& thread : threads_)
    if (thread.number != 0 && thread.hold != Hold::left_alone)
      ::ptrace(PTRACE_DETACH, thread.number, nullptr, static_cast<std::intptr_t>(thread.signal));
  threads_.clear();
}

}  // namespace arenite
