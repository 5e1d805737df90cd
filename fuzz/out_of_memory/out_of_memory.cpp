// SPDX-License-Identifier: MIT
// A heap program, again and again, each time with another request to the system refused, as SQLite
// tests its own: the n-th request alone, or the n-th and all that follow it for a while. Null or
// success, the audit clean, the model equal, success later. Record 0 says which refusals come
// first and how many there are each time.
#include <algorithm>

#include "fuzz/support/census.hpp"
#include "fuzz/support/pool_coverage.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/model/heap_audit.hpp"
#include "proptests/model/run.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::of_heaps;

namespace {

namespace model = arenite::model;

__attribute__((section("__libfuzzer_extra_counters"))) arenite::fuzz::PoolCounters counters;

/// Runs for one program, at the most.
constexpr std::uint64_t kMostRuns = 12;

model::Outcome run_once(const model::Program& program) {
  model::Outcome outcome =
      model::run_with(program, {}, model::HeapAudit{}, arenite::fuzz::PoolCoverage(counters));
  if (outcome.diverged())
    arenite::fuzz::fail("out_of_memory: " + model::to_text(*outcome.divergence, program), program);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  model::Program program = arenite::fuzz::program_of(data, size);
  const model::Configuration wanted = program.configuration;
  // What the program itself has refused is not what is walked here.
  std::erase_if(program.operations, [](const model::Operation& operation) {
    return operation.kind == model::Kind::fail_os;
  });
  program.configuration.first_refusal = program.configuration.refusals = 0;
  const model::Outcome whole = run_once(program);
  arenite::fuzz::count(whole);

  program.configuration.refusals = std::max<std::uint16_t>(1, wanted.refusals % 64);
  const std::uint64_t first = 1 + wanted.first_refusal % (whole.asked + 1);
  const std::uint64_t last = std::min(whole.asked, first + kMostRuns - 1);
  for (std::uint64_t n = first; n <= last; ++n) {
    program.configuration.first_refusal = static_cast<std::uint16_t>(n);
    run_once(program);
    arenite::fuzz::count("refused_runs");
  }
  return 0;
}
