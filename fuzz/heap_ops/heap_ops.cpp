// SPDX-License-Identifier: MIT
// The heap against the reference model, over any program: the input is the body of a program or a
// `.hop` container. A divergence is printed with the program, and aborts.
#include "fuzz/support/census.hpp"
#include "fuzz/support/pool_coverage.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/model/heap_audit.hpp"
#include "proptests/model/run.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::of_heaps;

namespace {

// libFuzzer reads this section as coverage and clears it before each input.
__attribute__((section("__libfuzzer_extra_counters"))) arenite::fuzz::PoolCounters counters;

constexpr unsigned kAuditEvery = 32;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace model = arenite::model;
  const model::Program program = arenite::fuzz::program_of(data, size);
  const model::Outcome outcome =
      model::run_with(program, {.audit_every = kAuditEvery}, model::HeapAudit{},
                      arenite::fuzz::PoolCoverage(counters));
  arenite::fuzz::count(outcome);
  if (outcome.diverged())
    arenite::fuzz::fail("heap_ops: " + model::to_text(*outcome.divergence, program), program);
  return 0;
}
