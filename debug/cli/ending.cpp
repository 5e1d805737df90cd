// SPDX-License-Identifier: MIT
#include "debug/cli/ending.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "debug/target/exit_code.hpp"

namespace arenite::cli {

int end_of(const Examination& examination) {
  std::string reason;
  const int code = examination.exit_code(reason);
  std::fflush(stdout);
  if (code == kFindings)
    fmt::print(stderr,
               "arenite: the heap has {} finding{}, so figures may be wrong; see arenite audit\n",
               examination.finding_count(), examination.finding_count() == 1 ? "" : "s");
  if (code == kCannotTell) fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  return code;
}

}  // namespace arenite::cli
