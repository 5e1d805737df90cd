// SPDX-License-Identifier: MIT
// Vector clocks: for each thread, how many of its steps have happened before here. Thread 0 is the
// one that prepares a run and looks at its end.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace arenite::schedule {

inline constexpr unsigned kMostThreads = 4;
using ThreadIndex = unsigned;  ///< 0, then 1 to kMostThreads

struct Clock {
  std::array<std::uint32_t, kMostThreads + 1> times{};

  void join(const Clock& other) {
    for (unsigned i = 0; i <= kMostThreads; ++i) times[i] = std::max(times[i], other.times[i]);
  }
  /// Whether a step of a thread has happened before here.
  bool knows(ThreadIndex thread, std::uint32_t time) const { return times[thread] >= time; }
};

}  // namespace arenite::schedule
