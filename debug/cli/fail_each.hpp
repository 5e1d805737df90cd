// SPDX-License-Identifier: MIT
// Runs a program again and again, each time with another of its allocations made to fail, and keeps
// how each run ended. The library says in a file (`fail_record`) whether an allocation failed; the
// first run in which none did is the last one, and shows how the program ends without failures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "debug/cli/limited_child.hpp"
#include "debug/cli/run_environment.hpp"
#include "debug/cli/run_request.hpp"

namespace arenite::cli {

enum class Verdict { handled, other_exit, signal, timeout, report };
inline constexpr std::size_t kVerdicts = 5;

const char* name_of(Verdict verdict);

/// A signal, a timeout or a report.
inline bool is_crash(Verdict verdict) {
  return verdict >= Verdict::signal;
}

/// Runs that ended alike: numbers in what they wrote do not count.
struct AlikeRuns {
  Verdict verdict;
  /// "exit status 3", "SIGSEGV", "timed out", or the ERROR line of a report.
  std::string what;
  /// Which allocations failed, ascending.
  std::vector<std::uint64_t> serials;
  /// Of the first of the runs: the library's line about the allocation, and how the run ended.
  std::string record;
  ChildEnd end;
};

struct FailEachResult {
  std::vector<AlikeRuns> groups;  ///< but those that were handled
  std::uint64_t runs[kVerdicts] = {};
  bool interrupted = false;
  /// The run in which no allocation failed, if there was one.
  std::optional<ChildEnd> undisturbed;

  std::uint64_t of(Verdict verdict) const { return runs[static_cast<std::size_t>(verdict)]; }
  std::uint64_t failed() const;
  std::uint64_t crashed() const;
};

/// "exit status 3", "SIGSEGV", "timed out".
std::string describe_end(const ChildEnd& end);

/// `progress` is called after each run. Throws CannotTell if the program cannot be started.
FailEachResult fail_each(const RunRequest& request, const RunEnvironment& environment,
                         const std::function<void(const FailEachResult&)>& progress);

/// Does it and prints what came of it; returns an ExitCode.
int run_fail_each(const RunRequest& request, const RunEnvironment& environment);

}  // namespace arenite::cli
