// SPDX-License-Identifier: MIT
// How bad a broken invariant is.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace arenite::cli {

enum class Severity : std::uint8_t {
  warning,  ///< memory is lost or counted wrongly; nobody's data is touched
  error,    ///< memory is handed out twice, or was overwritten
};

/// By the invariant's id.
constexpr Severity severity_of(std::string_view id) {
  constexpr std::array<std::string_view, 8> kWarnings{"R3", "A5", "P7", "L2",
                                                      "S1", "S2", "S3", "P5"};
  for (const std::string_view one : kWarnings)
    if (one == id) return Severity::warning;
  return Severity::error;
}

constexpr const char* name_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

}  // namespace arenite::cli
