// SPDX-License-Identifier: MIT
// A heap program dealt out to three threads, under schedules that the seed in its record 0 stands
// for: the explorer's memory model, its checks of plain data, and the audit at the end. A failure
// is printed with the program and the schedule, step by step, and aborts.
//
// This file and the explorer are built without sanitizers; the heap is built with the explorer's
// instrumentation (CMakeLists.txt), and with the fuzzer's.
#include "fuzz/support/census.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/schedule/dealt_program.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::of_heaps;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace model = arenite::model;
  namespace schedule = arenite::schedule;
  constexpr std::uint64_t kRuns = 8;
  const model::Program program = arenite::fuzz::program_of(data, size);
  const schedule::Protocol protocol = schedule::dealt_out(program);
  const schedule::Outcome outcome =
      schedule::sample(protocol, program.configuration.schedule_seed, kRuns);
  arenite::fuzz::count_input();
  arenite::fuzz::count("runs", outcome.runs);
  arenite::fuzz::count("steps", outcome.steps);
  if (outcome) return 0;
  std::fputs(schedule::replay(protocol, outcome.schedule).trace.c_str(), stderr);
  arenite::fuzz::fail("schedule: " + outcome.failure + "; schedule '" + outcome.schedule + "'",
                      program);
}
