// SPDX-License-Identifier: MIT
#include "debug/report/helper.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.hpp"
#include "debug/report/output.hpp"

/// The C library's `clone` by its other name, which sanitizers do not put themselves before: their
/// wrapper is for processes with memory of their own.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);

namespace arenite {
namespace {

/// Above what the program's own descriptors are put to.
constexpr int kFirstFree = 10;
constexpr char kRight = 'R';
constexpr char kDone = 'D';

class File {
 public:
  explicit File(int number = -1) : number_(number) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int number() const { return number_; }
  bool opened() const { return number_ >= 0; }
  void close() {
    if (opened()) ::close(number_);
    number_ = -1;
  }
  /// Takes a descriptor over, moved out of the way of those the program gets.
  void take(int number) {
    close();
    number_ = number < 0 ? -1 : ::fcntl(number, F_DUPFD_CLOEXEC, kFirstFree);
    if (number >= 0) ::close(number);
  }

 private:
  int number_;
};

struct Pipe {
  File read;
  File write;

  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    read.take(ends[0]);
    write.take(ends[1]);
    return read.opened() && write.opened();
  }
};

struct Errand {
  const char* program = nullptr;
  char** environment = nullptr;
  char* helper_stack_top = nullptr;
  int text = -1;
  int output = -1;
  int right = -1;
  int done = -1;
  pid_t helper = 0;
};

// The next two run in the memory of the suspended process, so they touch nothing of it but the
// errand: raw system calls, no instrumentation, no wrappers that a sanitizer or the program
// replaces.

__attribute__((no_sanitize("address", "thread", "undefined"))) int become_helper(void* context) {
  const auto& errand = *static_cast<const Errand*>(context);
  struct KernelAction {
    void* handler;
    unsigned long flags;
    void* restorer;
    unsigned long mask;
  };
  const KernelAction by_default = {nullptr, 0, nullptr, 0};
  for (int signal = 1; signal < NSIG; ++signal)
    ::syscall(SYS_rt_sigaction, signal, &by_default, nullptr, sizeof by_default.mask);
  ::syscall(SYS_dup2, errand.text, STDIN_FILENO);
  ::syscall(SYS_dup2, errand.output, STDOUT_FILENO);
  ::syscall(SYS_dup2, errand.right, kHelperRight);
  ::syscall(SYS_dup2, errand.done, kHelperDone);
  ::syscall(SYS_close_range, kHelperDone + 1, ~0U, 0);
  const unsigned long nothing_blocked = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing_blocked, nullptr, sizeof nothing_blocked);
  const char* const arguments[] = {errand.program, "symbolize", kHelperFlag, nullptr};
  ::syscall(SYS_execve, errand.program, arguments, errand.environment);
  return 127;
}

__attribute__((no_sanitize("address", "thread", "undefined"))) int start_helper(void* context) {
  auto& errand = *static_cast<Errand*>(context);
  errand.helper =
      __clone(&become_helper, errand.helper_stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD, context);
  return 0;
}

/// The program starts as a grandchild: its end is told to init, and this process neither gets a
/// SIGCHLD nor has a child that its wait() could find, as the one between sends no signal.
void start(Errand& errand, HelperScratch& scratch) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t starter = __clone(&start_helper, scratch.starter_stack + HelperScratch::kStackBytes,
                                CLONE_VM | CLONE_VFORK, &errand);
  if (starter > 0)
    while (::waitpid(starter, nullptr, __WALL) < 0 && errno == EINTR) continue;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool is_inherited(std::string_view variable) {
  // A preloaded allocator that just failed, its settings, and servers of debug information that
  // may take longer to answer than a failing process can wait.
  for (const std::string_view not_this :
       {"LD_PRELOAD=", "LD_AUDIT=", "ARENITE_OPTIONS=", "DEBUGINFOD_URLS="})
    if (variable.starts_with(not_this)) return false;
  return true;
}

void choose_environment(HelperScratch& scratch) {
  std::size_t count = 0;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    if (count < HelperScratch::kMaxVariables && is_inherited(*variable))
      scratch.environment[count++] = *variable;
  scratch.environment[count] = nullptr;
}

std::int64_t now_ms() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

enum class Heard { done, ended, nothing };

Heard listen(int done, unsigned limit_ms) {
  const std::int64_t deadline = now_ms() + limit_ms;
  for (;;) {
    char byte;
    const ssize_t count = ::read(done, &byte, 1);
    if (count == 1 && byte == kDone) return Heard::done;
    if (count == 0) return Heard::ended;
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Heard::ended;
    const std::int64_t left = deadline - now_ms();
    if (left <= 0) return Heard::nothing;
    pollfd waited{done, POLLIN, 0};
    ::poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left, 1000)));
  }
}

bool take_right_back(int right) {
  char byte;
  return ::read(right, &byte, 1) == 1;
}

void stop(const Errand& errand) {
  // It holds the pipe, so it lives and the number is its own.
  if (errand.helper > 0) ::kill(errand.helper, SIGKILL);
}

HandedOver await(const Errand& errand, int right, int done, unsigned limit_ms) {
  Heard heard = listen(done, limit_ms);
  if (heard == Heard::done) return HandedOver::written;
  if (take_right_back(right)) {
    if (heard == Heard::nothing) stop(errand);
    return HandedOver::not_written;
  }
  if (heard == Heard::nothing) heard = listen(done, limit_ms);
  if (heard == Heard::done) return HandedOver::written;
  if (heard == Heard::nothing) stop(errand);
  return HandedOver::broken_off;
}

}  // namespace

HandedOver hand_to_helper(const char* program, std::string_view text, int output, unsigned limit_ms,
                          HelperScratch& scratch) {
  Pipe right;
  Pipe done;
  File memory;
  File target;
  memory.take(::memfd_create("arenite-report", MFD_CLOEXEC));
  target.take(::fcntl(output, F_DUPFD_CLOEXEC, kFirstFree));
  if (!memory.opened() || !target.opened() || !right.open() || !done.open())
    return HandedOver::not_written;
  if (!write_all(memory.number(), text) || ::lseek(memory.number(), 0, SEEK_SET) != 0 ||
      !write_all(right.write.number(), {&kRight, 1}))
    return HandedOver::not_written;
  choose_environment(scratch);
  Errand errand;
  errand.program = program;
  errand.environment = scratch.environment;
  errand.helper_stack_top = scratch.helper_stack + HelperScratch::kStackBytes;
  errand.text = memory.number();
  errand.output = target.number();
  errand.right = right.read.number();
  errand.done = done.write.number();
  start(errand, scratch);
  done.write.close();
  return await(errand, right.read.number(), done.read.number(), limit_ms);
}

bool find_symbolizer(char* to, std::size_t capacity) {
  Dl_info own;
  if (::dladdr(reinterpret_cast<const void*>(&find_symbolizer), &own) == 0) return false;
  const std::string_view file(own.dli_fname);
  std::size_t folder_bytes = file.size();
  while (folder_bytes > 0 && file[folder_bytes - 1] != '/') --folder_bytes;
  if (folder_bytes == 0) return false;
  for (const std::string_view below : {"arenite", "../bin/arenite", "../../bin/arenite"}) {
    if (folder_bytes + below.size() + 1 > capacity) return false;
    char* end = std::copy_n(file.begin(), folder_bytes, to);
    end = std::copy(below.begin(), below.end(), end);
    *end = '\0';
    if (::access(to, X_OK) == 0) return true;
  }
  return false;
}

}  // namespace arenite
