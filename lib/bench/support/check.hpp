// SPDX-License-Identifier: MIT
// A benchmark that computed something wrong has measured nothing: say so and exit with 1.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace arenite::bench {

inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "check failed: %s\n", what);
  std::exit(1);
}

}  // namespace arenite::bench
