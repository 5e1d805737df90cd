// SPDX-License-Identifier: MIT
#include "debug/report/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace arenite {
namespace {

constexpr int kReaderMs = 10'000;
constexpr std::size_t kPathBytes = 4096;

/// A non-blocking file says EAGAIN; others wait in write.
bool wait_until_writable(int file) {
  pollfd waited{file, POLLOUT, 0};
  int ready;
  do {
    ready = ::poll(&waited, 1, kReaderMs);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

/// What a write raises in the thread that calls it.
constexpr int kWriteSignals[] = {SIGPIPE, SIGXFSZ};

/// Those of them for which `chosen` holds.
template <class Chosen>
sigset_t write_signals(Chosen chosen) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kWriteSignals)
    if (chosen(signal)) ::sigaddset(&set, signal);
  return set;
}

void complain(const char* path, int error) {
  Text<kPathBytes + 128> line;
  line << "arenite: the log file " << path << " cannot be opened (errno "
       << static_cast<unsigned>(error) << "); the report comes here\n";
  write_all(STDERR_FILENO, {line.data(), line.size()});
}

/// Returns what the system did not take; errno says why.
std::string_view rest_of(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const bool again = written < 0 && (errno == EINTR || errno == EAGAIN);
    if (!again || (errno == EAGAIN && !wait_until_writable(file))) break;
  }
  return text;
}

}  // namespace

bool write_all(int file, std::string_view text) {
  return rest_of(file, text).empty();
}

bool expand_path(const char* path, std::uint64_t process, char* to, std::size_t capacity) {
  char digits[20];
  std::size_t used = 0;
  const auto put = [&](char byte) {
    if (used < capacity) to[used] = byte;
    ++used;
  };
  for (; *path != '\0'; ++path) {
    if (path[0] == '%' && path[1] == 'p') {
      std::size_t count = 0;
      for (std::uint64_t rest = process; count == 0 || rest != 0; rest /= 10)
        digits[count++] = static_cast<char>('0' + rest % 10);
      while (count > 0) put(digits[--count]);
      ++path;
    } else {
      put(*path);
      if (path[0] == '%' && path[1] == '%') ++path;
    }
  }
  put('\0');
  return used <= capacity;
}

Output::Output(const char* log_path, int descriptor)
    : file_(descriptor < 0 ? STDERR_FILENO : descriptor) {
  if (descriptor >= 0 || log_path[0] == '\0') return;
  char path[kPathBytes];
  int error = ENAMETOOLONG;
  if (expand_path(log_path, static_cast<std::uint64_t>(::getpid()), path, sizeof path)) {
    const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (file >= 0) {
      file_ = file;
      own_ = true;
      return;
    }
    error = errno;
    complain(path, error);
  } else {
    complain(log_path, error);
  }
}

Output::~Output() {
  if (own_) ::close(file_);
}

void Output::write(std::string_view text) const {
  const std::string_view rest = rest_of(file_, text);
  if (rest.empty() || !own_) return;
  Text<128> line;
  line << "arenite: the log file takes no more (errno " << static_cast<unsigned>(errno)
       << "); the rest of the report comes here\n";
  write_all(STDERR_FILENO, {line.data(), line.size()});
  write_all(STDERR_FILENO, rest);
}

WithoutWriteSignals::WithoutWriteSignals() {
  ::sigpending(&pending_before_);
  const sigset_t set = write_signals([](int) { return true; });
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

WithoutWriteSignals::~WithoutWriteSignals() {
  sigset_t pending;
  ::sigpending(&pending);
  // Only what this report raised is swallowed.
  const sigset_t raised = write_signals([&](int signal) {
    return ::sigismember(&pending, signal) == 1 && ::sigismember(&pending_before_, signal) == 0;
  });
  constexpr timespec kAtOnce{0, 0};
  while (::sigtimedwait(&raised, nullptr, &kAtOnce) > 0) continue;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace arenite
