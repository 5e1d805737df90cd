// SPDX-License-Identifier: MIT
// What every test of a protocol does with it. Environment:
//   ARENITE_SCHEDULE  runs only that schedule, and prints its steps
//   ARENITE_BOUND     instead of the test's own bound
#pragma once

#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "proptests/schedule/explorer.hpp"

namespace arenite::schedule {

inline double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline void tell(const char* how, const Outcome& outcome, double began) {
  std::printf("  %s: %llu runs, %.1f steps each, %.2f CPU s\n", how,
              static_cast<unsigned long long>(outcome.runs),
              static_cast<double>(outcome.steps) / static_cast<double>(outcome.runs),
              cpu_seconds() - began);
}

/// Whether the one schedule to be run was named, and has been.
inline bool replayed(const Protocol& protocol) {
  const char* schedule = std::getenv("ARENITE_SCHEDULE");
  if (schedule == nullptr) return false;
  const Outcome outcome = replay(protocol, schedule);
  std::printf("%s", outcome.trace.c_str());
  EXPECT_EQ(outcome.failure, "");
  return true;
}

/// Explores every schedule within the bound; none may fail.
inline void expect_clean(const Protocol& protocol, Limits limits = {}) {
  if (replayed(protocol)) return;
  if (const char* bound = std::getenv("ARENITE_BOUND"))
    limits.bound = static_cast<unsigned>(std::strtoul(bound, nullptr, 10));
  const double began = cpu_seconds();
  const Outcome outcome = explore(protocol, limits);
  tell(("bound " + std::to_string(limits.bound)).c_str(), outcome, began);
  EXPECT_EQ(outcome.failure, "") << "replay: ARENITE_SCHEDULE='" << outcome.schedule << "'";
  EXPECT_TRUE(outcome.complete) << "not every schedule was run";
}

/// Runs random schedules; none may fail.
inline void expect_clean_samples(const Protocol& protocol, std::uint64_t seed, std::uint64_t runs,
                                 unsigned changes = 3) {
  if (replayed(protocol)) return;
  const double began = cpu_seconds();
  const Outcome outcome = sample(protocol, seed, runs, changes);
  tell("random", outcome, began);
  EXPECT_EQ(outcome.failure, "") << "replay: ARENITE_SCHEDULE='" << outcome.schedule << "'";
}

}  // namespace arenite::schedule
