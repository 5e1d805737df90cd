// SPDX-License-Identifier: MIT
#include "debug/cli/progress.hpp"

#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

#include "debug/cli/units.hpp"

namespace arenite::cli {

Progress::Terminal Progress::standard_error() {
  return {stderr, ::isatty(STDERR_FILENO) == 1, Clock::now};
}

Progress::Progress(std::string what, Terminal terminal)
    : what_(std::move(what)), terminal_(terminal) {}

void Progress::at(std::uint64_t done_bytes, std::uint64_t all_bytes) {
  const auto now = terminal_.now();
  if (!terminal_.there || now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  fmt::print(terminal_.file, "\r\033[K{}", line(what_, done_bytes, all_bytes, seconds));
  std::fflush(terminal_.file);
  shown_ = true;
}

void Progress::clear() {
  if (shown_) fmt::print(terminal_.file, "\r\033[K");
  shown_ = false;
}

std::string Progress::line(const std::string& what, std::uint64_t done, std::uint64_t all,
                           double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string text = fmt::format("{}: {} of {}, {}/s", what, bytes_text(done), bytes_text(all),
                                 bytes_text(static_cast<std::uint64_t>(rate)));
  if (rate >= 1 && all >= done)
    text += fmt::format(", {:.0f} s left", static_cast<double>(all - done) / rate);
  return text;
}

}  // namespace arenite::cli
