// SPDX-License-Identifier: MIT
#include "debug/leaks/suppression_file.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

namespace arenite {

SuppressionFile::SuppressionFile(const char* path) {
  const long file = raw_syscall(SYS_open, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  // Not by its size: a pipe has none. Pages that are not written cost nothing.
  if (memory_.map(kMostBytes)) {
    long got = 1;
    while (got > 0 || got == -EINTR) {
      got = raw_syscall(SYS_read, file, memory_.data<char>(length_), kMostBytes - length_);
      if (got > 0) length_ += static_cast<std::size_t>(got);
    }
    read_ = got == 0 && length_ < kMostBytes;
    if (!read_) length_ = 0;
  }
  raw_syscall(SYS_close, file);
}

}  // namespace arenite
