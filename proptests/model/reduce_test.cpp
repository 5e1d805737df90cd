// SPDX-License-Identifier: MIT
// What is left of programs that find planted bugs, and that nothing is lost on the way.
#include "proptests/model/reduce.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "proptests/model/planted_heaps.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/text.hpp"

namespace arenite::model {
namespace {

bool always() {
  return true;
}

/// The first program made by chance that finds the bug, from a number of seeds on.
std::optional<Program> finding_program(const PlantedBug& bug, unsigned from) {
  for (unsigned seed = from; seed < from + 20 * bug.programs; ++seed) {
    Random random(seed);
    const Program program = random_program(random, GeometryName::tiny, 50);
    if (bug.run(program, {}).diverged()) return program;
  }
  return std::nullopt;
}

Reduced reduced_for(const PlantedBug& bug, const Program& program) {
  const std::string property = bug.run(program, {}).divergence->property;
  return reduce(
      program,
      [&](const Program& candidate) {
        const Outcome outcome = bug.run(candidate, {});
        return outcome.diverged() && outcome.divergence->property == property;
      },
      always);
}

TEST(Reduce, median_of_four_operations_at_most_for_planted_bugs) {
  std::vector<std::size_t> sizes;
  for (const PlantedBug& bug : planted_bugs()) {
    std::printf("%-22s", bug.name);
    for (unsigned from : {0u, 10000u, 20000u}) {
      const std::optional<Program> program = finding_program(bug, from);
      ASSERT_TRUE(program) << bug.name;
      const Reduced reduced = reduced_for(bug, *program);
      EXPECT_TRUE(reduced.complete);
      EXPECT_TRUE(bug.run(reduced.program, {}).diverged()) << bug.name;
      EXPECT_EQ(decode(encode(reduced.program)), reduced.program) << bug.name;
      std::printf("  %2zu of %zu, %4u runs;", reduced.program.operations.size(),
                  program->operations.size(), reduced.asked);
      sizes.push_back(reduced.program.operations.size());
    }
    std::printf("\n");
  }
  std::sort(sizes.begin(), sizes.end());
  std::printf("median %zu, most %zu operations\n", sizes[sizes.size() / 2], sizes.back());
  EXPECT_LE(sizes[sizes.size() / 2], 4u);
}

/// Two operations of many matter, in their order, and a number in one of them.
TEST(Reduce, leaves_what_matters_alone) {
  Random random(1);
  Program program = random_program(random, GeometryName::production, 200);
  const auto matters = [](const Program& candidate) {
    const auto& all = candidate.operations;
    const auto trim =
        std::find_if(all.begin(), all.end(), [](const auto& o) { return o.kind == Kind::trim; });
    return std::any_of(trim, all.end(), [](const Operation& operation) {
      return operation.kind == Kind::fail_os && operation.arg % 256 >= 2;
    });
  };
  program.operations[20] = {.kind = Kind::trim};
  program.operations[150] = {.kind = Kind::fail_os, .arg = 0x703};
  ASSERT_TRUE(matters(program));
  const Reduced reduced = reduce(program, matters, always);
  EXPECT_TRUE(reduced.complete);
  EXPECT_EQ(to_text(reduced.program),
            to_text(parse_text("trim\nfail_os after=2 refusals=0\n").program));
}

TEST(Reduce, ends_when_time_is_up_and_keeps_what_it_has) {
  Random random(1);
  const Program program = random_program(random, GeometryName::tiny, 64);
  unsigned left = 1;
  const Reduced reduced =
      reduce(program, [](const Program&) { return true; }, [&left] { return left-- > 0; });
  EXPECT_FALSE(reduced.complete);
  EXPECT_EQ(reduced.asked, 1u);
  EXPECT_LT(reduced.program.operations.size(), 64u);
}

TEST(Reduce, a_program_that_cannot_be_smaller_stays) {
  const Program program = parse_text("allocate slot=0 size=tiny:0\n").program;
  const Reduced reduced =
      reduce(program, [&](const Program& candidate) { return candidate == program; }, always);
  EXPECT_EQ(reduced.program, program);
}

}  // namespace
}  // namespace arenite::model
