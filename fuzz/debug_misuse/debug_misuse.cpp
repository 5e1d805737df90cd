// SPDX-License-Identifier: MIT
// The debug layer's guard heap over programs that misuse it: each misuse gets the verdict it must
// get, at the byte it must name, and nothing else gets any.
#include "fuzz/support/census.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/run_guarded.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::of_guarded_heaps;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace model = arenite::model;
  const model::Program program = arenite::fuzz::program_of(data, size);
  const model::Outcome outcome = model::run_guarded(program);
  arenite::fuzz::count(outcome);
  arenite::fuzz::count("told", outcome.told);
  arenite::fuzz::count("left_quarantine", outcome.left_quarantine);
  if (outcome.diverged())
    arenite::fuzz::fail("debug_misuse: " + model::to_text(*outcome.divergence, program), program);
  return 0;
}
