// SPDX-License-Identifier: MIT
// How far a command is: on stderr, only if that is a terminal, only after two seconds, and gone
// when the command has something to say. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

namespace arenite::cli {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// Where it goes, and what time it is.
  struct Terminal {
    std::FILE* file;
    bool there;  ///< `file` is a terminal
    Clock::time_point (*now)();
  };
  static Terminal standard_error();

  /// `what`: "reading blocks"
  explicit Progress(std::string what, Terminal terminal = standard_error());
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Says so, at most ten times a second.
  void at(std::uint64_t done_bytes, std::uint64_t all_bytes);
  void clear();
  /// `at`, for who wants a function. Valid while this is.
  std::function<void(std::uint64_t done_bytes, std::uint64_t all_bytes)> told() {
    return [this](std::uint64_t done, std::uint64_t all) { at(done, all); };
  }

  /// "reading blocks: 1.2 GiB of 4.0 GiB, 410 MiB/s, 7 s left"
  static std::string line(const std::string& what, std::uint64_t done, std::uint64_t all,
                          double seconds);

 private:
  std::string what_;
  Terminal terminal_;
  bool shown_ = false;
  Clock::time_point begin_ = terminal_.now();
  Clock::time_point next_ = begin_ + std::chrono::seconds(2);
};

}  // namespace arenite::cli
