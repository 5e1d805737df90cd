// SPDX-License-Identifier: MIT
// Runs the programs of this folder with the library, in a mode.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "frontend/process/programs/run.hpp"

namespace arenite {

inline constexpr const char* kGuardingModes[] = {"debug", "page"};

/// `command`: the program's name, and its arguments. ARENITE_OPTIONS is `options`; reports are left
/// without names, which take a while to be found.
Outcome run_with(const std::string& options, std::vector<std::string> command,
                 RunSetting setting = {});

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++times;
  return times;
}

inline std::size_t reports(const Outcome& outcome) {
  return count(outcome.errors, "ERROR: AddressSanitizer: ");
}

/// Reports of the kind, as a sanitizer calls it.
inline std::size_t reports(const Outcome& outcome, const std::string& kind) {
  return count(outcome.errors, "ERROR: AddressSanitizer: " + kind) +
         count(outcome.errors, "ERROR: AddressSanitizer: attempting " + kind);
}

inline std::string in_mode(const std::string& mode, const std::string& more = "") {
  return "mode=" + mode + (more.empty() ? "" : ":") + more;
}

}  // namespace arenite
