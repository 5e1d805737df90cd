// SPDX-License-Identifier: MIT
// Wall time since construction, from the monotonic clock.
#pragma once

#include <chrono>

namespace arenite::bench {

class Stopwatch {
 public:
  double nanoseconds() const {
    return std::chrono::duration<double, std::nano>(Clock::now() - start_).count();
  }
  double seconds() const { return nanoseconds() * 1e-9; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace arenite::bench
