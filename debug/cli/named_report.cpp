// SPDX-License-Identifier: MIT
#include "debug/cli/named_report.hpp"

#include <charconv>

#include <fmt/format.h>

#include "debug/cli/named_json.hpp"
#include "debug/report/frame_names.hpp"

namespace arenite::cli {
namespace {

constexpr std::string_view kSummary = "SUMMARY: AddressSanitizer: ";

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, int base, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// Paths come with control bytes written as \xNN.
std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    std::string_view rest = text;
    std::uint64_t byte = 0;
    if (take(rest, "\\x") && rest.size() >= 2) {
      std::string_view digits = rest.substr(0, 2);
      if (take_number(digits, 16, byte) && digits.empty() && (byte < 0x20 || byte == 0x7f)) {
        plain += static_cast<char>(byte);
        text = rest.substr(2);
        continue;
      }
    }
    plain += text.front();
    text.remove_prefix(1);
  }
  return plain;
}

/// " FILE:LINE:COLUMN", as far as it is known.
std::string position(const SourcePlace& place) {
  std::string text = place.file;
  if (place.line > 0) text += fmt::format(":{}", place.line);
  if (place.line > 0 && place.column > 0) text += fmt::format(":{}", place.column);
  return text;
}

}  // namespace

/// `    #1 0x401136  (/bin/program+0x1136) (BuildId: 4f1d)`
struct NamedReport::Frame {
  std::string_view pc;
  std::string_view place;  ///< everything from the parenthesis on
  std::string_view module;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  std::string build_id;
};

bool NamedReport::parse(std::string_view line, Frame& frame) {
  std::uint64_t ignored = 0;
  if (!take(line, "    #") || !take_number(line, 10, frame.number) || !take(line, " "))
    return false;
  const std::string_view from_pc = line;
  if (!take(line, "0x") || !take_number(line, 16, ignored)) return false;
  frame.pc = from_pc.substr(0, from_pc.size() - line.size());
  if (!take(line, "  ") || !line.starts_with("(")) return false;
  frame.place = line;
  constexpr std::string_view kBuildId = ") (BuildId: ";
  if (const std::size_t at = line.rfind(kBuildId);
      at != std::string_view::npos && line.ends_with(')')) {
    frame.build_id = line.substr(at + kBuildId.size());
    frame.build_id.pop_back();
    line = line.substr(0, at + 1);
  }
  // From the right: a path may hold parentheses and plus signs of its own.
  const std::size_t plus = line.rfind("+0x");
  if (plus == std::string_view::npos || !line.ends_with(')')) return true;
  std::string_view offset = line.substr(plus + 3);
  if (take_number(offset, 16, frame.offset) && offset == ")")
    frame.module = line.substr(1, plus - 1);
  return true;
}

std::string NamedReport::name_frame(const Frame& frame) {
  if (frame.number == 0) next_number_ = 0;
  static const Symbolized kNothing;
  const Symbolized& names =
      frame.module.empty()
          ? kNothing
          : symbolizer_.look_up(unescaped(frame.module), frame.offset, frame.build_id);
  std::string lines;
  if (names.places.empty()) {
    lines = fmt::format("    #{} {}  {}", next_number_++, frame.pc, frame.place);
    if (!names.note.empty()) lines += fmt::format(" ({})", names.note);
    lines += '\n';
  }
  std::string summary;
  for (const SourcePlace& place : names.places) {
    const std::string where = place.file.empty() ? std::string(frame.place) : position(place);
    lines += fmt::format("    #{} {} in {} {}\n", next_number_++, frame.pc, place.function, where);
    if (summary.empty()) summary = fmt::format("{} in {}", where, place.function);
  }
  if (in_first_stack_ && !culprit_is_certain_) {
    culprit_is_certain_ = !frame.module.empty() && !is_between(frame.module);
    if (culprit_is_certain_ || frame.number == 0) culprit_ = summary;
  }
  return lines;
}

std::string NamedReport::name_summary(std::string_view raw) const {
  std::string_view rest = raw;
  take(rest, kSummary);
  const std::size_t kind_bytes = rest.find(" (");
  if (culprit_.empty() || kind_bytes == std::string_view::npos) return fmt::format("{}\n", raw);
  return fmt::format("{}{} {}\n", kSummary, rest.substr(0, kind_bytes), culprit_);
}

std::string NamedReport::line(std::string_view raw) {
  if (raw.starts_with('{')) return name_frames_of_json(raw, symbolizer_) + '\n';
  if (Frame frame; parse(raw, frame)) return name_frame(frame);
  if (raw.find("==ERROR: ") != std::string_view::npos) {
    in_first_stack_ = true;
    culprit_is_certain_ = false;
    culprit_.clear();
  } else if (raw.empty()) {
    in_first_stack_ = false;
  } else if (raw.starts_with(kSummary)) {
    return name_summary(raw);
  }
  return fmt::format("{}\n", raw);
}

}  // namespace arenite::cli
