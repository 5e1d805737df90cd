// SPDX-License-Identifier: MIT
// What `arenite run` was asked for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace arenite::cli {

struct RunRequest {
  std::vector<std::string> program;
  /// Keys and values of ARENITE_OPTIONS as given on the command line, not escaped.
  std::map<std::string, std::string> settings;
  bool print = false;
  bool fail_each = false;
  std::uint64_t fail_from = 1;
  std::uint64_t fail_most = ~std::uint64_t{0};
  double timeout_s = 30;
};

}  // namespace arenite::cli
