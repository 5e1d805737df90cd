// SPDX-License-Identifier: MIT
#include "debug/leaks/suppressions.hpp"

namespace arenite {
namespace {

constexpr std::string_view kKind = "leak:";
constexpr std::string_view kWhite = " \t\r\v\f";

bool is_white(char c) {
  return kWhite.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the first line off the text.
std::string_view take_line(std::string_view& text) {
  const std::size_t newline = text.find('\n');
  const std::size_t length = newline == std::string_view::npos ? text.size() : newline;
  std::string_view line = text;
  line.remove_suffix(text.size() - length);
  text.remove_prefix(newline == std::string_view::npos ? length : length + 1);
  return trimmed(line);
}

/// The pattern of a rule; empty if the line is none.
std::string_view pattern_of(std::string_view line) {
  if (!line.starts_with(kKind)) return {};
  line.remove_prefix(kKind.size());
  return line;
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
