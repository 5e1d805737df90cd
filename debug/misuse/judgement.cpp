// SPDX-License-Identifier: MIT
#include "debug/misuse/judgement.hpp"

#include <signal.h>

namespace arenite {
namespace {

constexpr int kLeakExitCode = 23;

bool holds(const std::string& text, const std::string& part, std::string& lacking) {
  if (text.find(part) != std::string::npos) return true;
  lacking = part;
  return false;
}

/// From `from` to the next empty line, or nothing.
std::string paragraph(const std::string& text, const std::string& from) {
  const std::size_t begin = text.find(from);
  return begin == std::string::npos ? std::string()
                                    : text.substr(begin, text.find("\n\n", begin) - begin);
}

std::string line_with(const std::string& text, const std::string& from) {
  const std::size_t begin = text.find(from);
  return begin == std::string::npos ? std::string()
                                    : text.substr(begin, text.find('\n', begin) - begin);
}

/// A changed byte of a freed block is found when nobody of the program is near any more.
bool found_late(const Expectation& row, Look look) {
  return row.misuse == Misuse::freed && row.by == By::plain && look == Look::debug;
}

}  // namespace

bool is_reported(const Expectation& row, const Outcome& outcome, std::string& lacking) {
  const bool leak = row.misuse == Misuse::leak;
  if (leak ? outcome.exit_code != kLeakExitCode : outcome.signal != SIGABRT) {
    lacking = leak ? "exit code 23" : "SIGABRT";
    return false;
  }
  const std::string who = leak ? "ERROR: LeakSanitizer: " : "ERROR: AddressSanitizer: ";
  return holds(outcome.errors, who + expected_kind(row), lacking) &&
         holds(outcome.errors, expected_touch(row), lacking) &&
         holds(outcome.errors, expected_place(row), lacking) &&
         holds(outcome.errors, row.words, lacking);
}

bool names_lines(const Expectation& row, const std::string& file, Look look,
                 const std::string& report, std::string& lacking) {
  const std::string line = "/" + file + ":";
  if (row.misuse == Misuse::leak) return holds(paragraph(report, "Direct leak of "), line, lacking);
  if (row.block_bytes != 0 && !holds(paragraph(report, "allocated by thread T"), line, lacking))
    return false;
  if (row.misuse == Misuse::freed && !holds(paragraph(report, "freed by thread T"), line, lacking))
    return false;
  if (found_late(row, look)) return true;
  if (row.summary_elsewhere) return true;
  return holds(line_with(report, "SUMMARY: AddressSanitizer: "), line, lacking);
}

}  // namespace arenite
