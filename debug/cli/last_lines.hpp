// SPDX-License-Identifier: MIT
// Looks at what a program writes as it comes: keeps the last lines and the ERROR line of the first
// report. Takes bounded memory, however much comes.
#pragma once

#include <cctype>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace arenite::cli {

class LastLines {
 public:
  void take(std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte == '\n')
        end_line();
      else if (line_.size() < kLineBytes)
        line_ += byte == '\t' || (byte & 0x60) != 0 ? byte : '?';
    }
  }

  void finish() {
    if (!line_.empty()) end_line();
  }

  const std::deque<std::string>& lines() const { return lines_; }
  const std::string& report() const { return report_; }

 private:
  static constexpr std::size_t kLineBytes = 400;
  static constexpr std::size_t kLines = 6;

  /// ==123==ERROR: ...
  static bool is_report(std::string_view line) {
    if (!line.starts_with("==")) return false;
    std::size_t digits = 2;
    while (digits < line.size() && std::isdigit(static_cast<unsigned char>(line[digits])) != 0)
      ++digits;
    line.remove_prefix(digits);
    return digits > 2 && line.starts_with("==ERROR: ");
  }

  void end_line() {
    if (report_.empty() && is_report(line_)) report_ = line_;
    lines_.push_back(std::move(line_));
    if (lines_.size() > kLines) lines_.pop_front();
    line_.clear();
  }

  std::string line_;
  std::deque<std::string> lines_;
  std::string report_;
};

}  // namespace arenite::cli
