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

sigset_t only_sigpipe() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  return set;
}

bool is_sigpipe_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGPIPE) == 1;
}

void complain(const char* path, int error) {
  Text<kPathBytes + 128> line;
  line << "arenite: the log file " << path << " cannot be opened (errno "
       << static_cast<unsigned>(error) << "); the report comes here\n";
  write_all(STDERR_FILENO, {line.data(), line.size()});
}

}  // namespace

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const bool again = written < 0 && (errno == EINTR || errno == EAGAIN);
    if (!again || (errno == EAGAIN && !wait_until_writable(file))) return false;
  }
  return true;
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

WithoutSigpipe::WithoutSigpipe() : pending_before_(is_sigpipe_pending()) {
  const sigset_t set = only_sigpipe();
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

WithoutSigpipe::~WithoutSigpipe() {
  const sigset_t set = only_sigpipe();
  constexpr timespec kAtOnce{0, 0};
  // Only what this report raised is swallowed.
  if (!pending_before_ && is_sigpipe_pending()) ::sigtimedwait(&set, nullptr, &kAtOnce);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace arenite
