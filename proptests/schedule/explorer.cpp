// SPDX-License-Identifier: MIT
#include "proptests/schedule/explorer.hpp"

#include <cstdio>
#include <cstdlib>

namespace arenite::schedule {
namespace {

/// Whether the run passed; if not, the outcome says so.
bool passes(Run& run, Chooser& chooser, const Limits& limits, Outcome& outcome, bool traced) {
  const bool passed = run.go(chooser, limits.most_steps, traced);
  ++outcome.runs;
  outcome.steps += run.steps();
  outcome.trace = run.trace();
  if (passed) return true;
  outcome.failure = run.failure();
  outcome.schedule = run.schedule().text();
  return false;
}

}  // namespace

Outcome explore(const Protocol& protocol, const Limits& limits) {
  Outcome outcome;
  Run run(protocol);
  DepthFirst chooser(limits.bound);
  chooser.restart();
  while (outcome.runs < limits.most_runs) {
    if (!passes(run, chooser, limits, outcome, false)) return outcome;
    if (run.sharing_grew()) {
      // Steps that were not asked about before are from now on.
      chooser.restart();
    } else if (!chooser.next()) {
      outcome.complete = true;
      return outcome;
    }
  }
  return outcome;
}

Outcome sample(const Protocol& protocol, std::uint64_t seed, std::uint64_t runs, unsigned changes,
               const Limits& limits) {
  Outcome outcome;
  Run run(protocol);
  Priorities chooser(seed, changes);
  std::uint32_t longest = 0;
  while (outcome.runs < runs) {
    chooser.begin(longest);
    if (!passes(run, chooser, limits, outcome, false)) return outcome;
    longest = std::max(longest, run.steps());
  }
  return outcome;
}

Outcome replay(const Protocol& protocol, const std::string& text, const Limits& limits) {
  Outcome outcome;
  Schedule schedule;
  if (!schedule.parse(text)) {
    outcome.failure = "not a schedule: " + text;
    return outcome;
  }
  Run run(protocol);
  Replay chooser(schedule);
  passes(run, chooser, limits, outcome, true);
  return outcome;
}

void fail(const std::string& what) {
  if (Run* run = Run::under_way()) run->fail(what);
  std::fprintf(stderr, "schedule: no run is under way: %s\n", what.c_str());
  std::abort();
}

void stop() {
  Run::current()->stop();
}

}  // namespace arenite::schedule
