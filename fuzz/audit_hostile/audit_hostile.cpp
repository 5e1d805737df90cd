// SPDX-License-Identifier: MIT
// The audit and `locate` over a heap whose tables the input damages: they never crash, hang, or
// read what is not accessible, and what they read and report is bounded.
#include "fuzz/support/census.hpp"
#include "fuzz/support/program_target.hpp"
#include "proptests/model/hostile_audit.hpp"
#include "proptests/model/run.hpp"

const arenite::model::Kinds arenite::fuzz::kKinds = arenite::model::Kinds::all;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace model = arenite::model;
  const model::Program program = arenite::fuzz::program_of(data, size);
  model::HostileCounts counts;
  const model::Outcome outcome = model::run_with(
      program, {.audit_every = 16}, model::HostileAudit(program, counts), model::NoObserver{});
  arenite::fuzz::count(outcome);
  arenite::fuzz::count("audits", counts.audits);
  arenite::fuzz::count("damaged", counts.damaged);
  arenite::fuzz::count("gated", counts.gated);
  arenite::fuzz::count("findings", counts.findings);
  arenite::fuzz::count("unreadable", counts.unreadable);
  arenite::fuzz::count("located", counts.located);
  if (outcome.diverged())
    arenite::fuzz::fail("audit_hostile: " + model::to_text(*outcome.divergence, program), program);
  return 0;
}
