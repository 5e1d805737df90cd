// SPDX-License-Identifier: MIT
// For tests: what a core file of this process would hold.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

#include "base/strong.hpp"

namespace arenite {

/// Whether a core file would leave the mapping out, by /proc/self/smaps.
inline bool left_out_of_cores(Address at) {
  std::ifstream mappings("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(mappings, line);) {
    Address begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) inside = begin <= at && at < end;
    if (inside && line.starts_with("VmFlags:")) return line.find(" dd") != std::string::npos;
  }
  return false;
}

}  // namespace arenite
