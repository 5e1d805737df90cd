// SPDX-License-Identifier: MIT
// Runs a protocol under every schedule within a bound, or under random ones, or under one. The code
// that a protocol calls must be compiled with the instrumentation (see CMakeLists.txt); it needs no
// change. Deterministic. Not thread-safe: one exploration at a time in a process.
#pragma once

#include <cstdint>
#include <string>

#include "proptests/schedule/run.hpp"

namespace arenite::schedule {

struct Limits {
  /// Preemptions and loads of old values, together, in one run.
  unsigned bound = 3;
  std::uint64_t most_runs = 20'000'000;
  std::uint32_t most_steps = 20'000;
};

struct Outcome {
  std::string failure;   ///< of the first run that failed; empty if none did
  std::string schedule;  ///< of that run
  std::string trace;     ///< of a replay: its steps
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;  ///< of all runs
  bool complete = false;    ///< every schedule within the bound was run

  explicit operator bool() const { return failure.empty(); }
};

/// Every schedule within the bound, until one fails.
Outcome explore(const Protocol& protocol, const Limits& limits = {});

/// `runs` random schedules, in each of which priorities change `changes` times.
Outcome sample(const Protocol& protocol, std::uint64_t seed, std::uint64_t runs,
               unsigned changes = 3, const Limits& limits = {});

/// The one run that a schedule stands for.
Outcome replay(const Protocol& protocol, const std::string& schedule, const Limits& limits = {});

/// In a protocol: ends the run as failed.
[[noreturn]] void fail(const std::string& what);

/// The same if the condition does not hold. Here, so that an analyser sees what holds behind it.
inline void check(bool condition, const char* what) {
  if (!condition) fail(what);
}
inline void check(bool condition, const std::string& what) {
  if (!condition) fail(what);
}

/// In a thread of a protocol: all threads end where they are; `finish` follows.
[[noreturn]] void stop();

}  // namespace arenite::schedule
