// SPDX-License-Identifier: MIT
#include "debug/leaks/suppressions.hpp"

namespace arenite {
namespace {

constexpr std::string_view kKind = "leak:";
constexpr std::string_view kWhite = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhite);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhite) + 1 - begin);
}

/// Takes the first line off the text.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = trimmed(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The pattern of a rule; empty if the line is none.
std::string_view pattern_of(std::string_view line) {
  return line.starts_with(kKind) ? line.substr(kKind.size()) : std::string_view{};
}

bool matches_any(std::string_view pattern, std::span<const LeakFrame> frames) {
  for (const LeakFrame& frame : frames)
    for (const std::string_view name : {frame.function, frame.file, frame.module})
      if (!name.empty() && pattern_matches(pattern, name)) return true;
  return false;
}

/// Text with '*' in it against a name; an open side may be anywhere in it. After a mismatch only
/// the last '*' need take more, so this ends after pattern times name steps at most.
bool glob(std::string_view pattern, std::string_view name, bool open_begin, bool open_end) {
  bool may_retry = open_begin;
  std::size_t p = 0, n = 0, after_star = 0, retry = 0;
  while (n < name.size()) {
    if (p == pattern.size() && open_end) return true;
    if (p < pattern.size() && pattern[p] == '*') {
      may_retry = true;
      after_star = ++p;
      retry = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (may_retry) {
      p = after_star;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view name) {
  const bool from_begin = pattern.starts_with('^');
  if (from_begin) pattern.remove_prefix(1);
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  // A pattern that says nothing suppresses nothing.
  if (pattern.empty() && !(from_begin && to_end)) return false;
  return glob(pattern, name, !from_begin, !to_end);
}

unsigned suppressing_line(std::string_view rules, std::span<const LeakFrame> frames) {
  for (unsigned line = 1; !rules.empty(); ++line) {
    const std::string_view pattern = pattern_of(take_line(rules));
    if (!pattern.empty() && matches_any(pattern, frames)) return line;
  }
  return 0;
}

void check_rules(std::string_view rules,
                 void (*complain)(void* context, unsigned line, std::string_view text),
                 void* context) {
  for (unsigned line = 1; !rules.empty(); ++line) {
    const std::string_view text = take_line(rules);
    if (!text.empty() && !text.starts_with('#') && pattern_of(text).empty())
      complain(context, line, text);
  }
}

}  // namespace arenite
