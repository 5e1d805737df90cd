// SPDX-License-Identifier: MIT
// Where a report goes: the file of `log_path`, or stderr. Plain system calls; never allocates;
// signal-safe. errno is not preserved.
#pragma once

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "debug/report/sink.hpp"

namespace arenite {

/// Writes all of it, whatever the size of the pieces the system takes. False if it takes no more:
/// an error, or a reader that did not read for ten seconds.
bool write_all(int file, std::string_view text);

/// `path` with %p replaced by the process's number and %% by %. False if there is no room.
bool expand_path(const char* path, std::uint64_t process, char* to, std::size_t capacity);

/// Open while it lives. A file that cannot be opened is told to stderr, and stderr serves.
class Output {
 public:
  /// `log_path` may be empty: stderr. A `descriptor` that is not negative goes before it, and stays
  /// open.
  explicit Output(const char* log_path, int descriptor = -1);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  int file() const { return file_; }

  /// What a log file does not take (a full disk, a limit) is told to stderr, and goes there.
  void write(std::string_view text) const;

 private:
  int file_;
  bool own_ = false;
};

/// While it lives, a report to a pipe that nobody reads, or to a file that may not grow, ends no
/// process: such a write fails, and that is all.
class WithoutWriteSignals {
 public:
  WithoutWriteSignals();
  ~WithoutWriteSignals();
  WithoutWriteSignals(const WithoutWriteSignals&) = delete;
  WithoutWriteSignals& operator=(const WithoutWriteSignals&) = delete;

 private:
  sigset_t before_;
  sigset_t pending_before_;
};

}  // namespace arenite
