// SPDX-License-Identifier: MIT
// The hook damages, looks and mends: what it is told to, and nothing that stays.
#include "proptests/model/hostile_audit.hpp"

#include <gtest/gtest.h>

#include "proptests/model/random_program.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

TEST(HostileAudit, damage_is_found_and_the_program_goes_on) {
  HostileCounts counts;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const auto geometry = static_cast<GeometryName>(seed % 3);
    const Program program = random_program(random, geometry, 60, Kinds::all);
    const Outcome outcome =
        run_with(program, {.audit_every = 16}, HostileAudit(program, counts), NoObserver{});
    ASSERT_FALSE(outcome.diverged()) << to_text(*outcome.divergence, program);
  }
  std::printf("%llu audits, %llu of damaged heaps, %llu gated, %llu findings, %llu%% read\n",
              static_cast<unsigned long long>(counts.audits),
              static_cast<unsigned long long>(counts.damaged),
              static_cast<unsigned long long>(counts.gated),
              static_cast<unsigned long long>(counts.findings),
              static_cast<unsigned long long>(counts.most_read_percent));
  EXPECT_GT(counts.damaged, 500u);
  EXPECT_GT(counts.gated, 50u);
  EXPECT_GT(counts.findings, 200u);
  EXPECT_LT(counts.most_read_percent, 200u);
  EXPECT_GT(counts.located, 1000u);
}

TEST(HostileAudit, damage_done_twice_is_none) {
  HostileCounts counts;
  const Program program = parse_text(
                              "allocate slot=0 size=tiny:9\n"
                              "corrupt table=root damage=flip offset=40 value=3\n"
                              "corrupt table=root damage=flip offset=40 value=3\n")
                              .program;
  EXPECT_FALSE(run_with(program, {.audit_every = 1}, HostileAudit(program, counts), NoObserver{})
                   .diverged());
  EXPECT_GT(counts.audits, 2u);
  EXPECT_EQ(counts.damaged, 0u);
  EXPECT_EQ(counts.findings, 0u);
}

}  // namespace
}  // namespace arenite::model
