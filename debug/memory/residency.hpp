// SPDX-License-Identifier: MIT
// How many pages of each of many equal stretches of a process's memory are there, as
// /proc/PID/pagemap says; and as a text for files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"

namespace arenite {

struct Residency {
  Address begin = 0;
  std::uint32_t stretch_bytes = 0;
  /// Of each stretch from `begin` on.
  std::vector<std::uint8_t> pages;
};

/// Empty if it cannot be had: no such process, no permission, or a stretch is not whole pages of
/// the system. What is read is of the instant of reading.
std::vector<std::uint8_t> resident_pages(pid_t pid, Address begin, std::uint32_t stretches,
                                         std::uint32_t stretch_bytes);

/// One line without its end: address and bytes in hexadecimal, then numbers, N*COUNT where one
/// repeats.
std::string residency_text(const Residency& residency);

/// False if the text is none, or has more than `most` stretches.
bool parse_residency(std::string_view text, std::size_t most, Residency& residency);

}  // namespace arenite
