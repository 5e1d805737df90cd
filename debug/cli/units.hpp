// SPDX-License-Identifier: MIT
// Numbers for people to read.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <fmt/format.h>

namespace arenite::cli {

/// 1023 B, 1.5 KiB, 12 MiB: three figures or four.
inline std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1023.5 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
  return unit == 0 || number >= 99.95 ? fmt::format("{:.0f} {}", number, kUnits[unit])
                                      : fmt::format("{:.1f} {}", number, kUnits[unit]);
}

/// Of a whole, in percent; 0 of nothing.
inline double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace arenite::cli
