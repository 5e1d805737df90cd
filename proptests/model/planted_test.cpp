// SPDX-License-Identifier: MIT
// The oracle can say no: heaps with one planted bug each, and the property that must find it within
// a number of programs made by chance. And it can say yes: the heap as it is.
#include <gtest/gtest.h>

#include "proptests/model/planted_heaps.hpp"
#include "proptests/model/random_program.hpp"

namespace arenite::model {
namespace {

constexpr unsigned kOperations = 50;

/// Runs programs until one diverges; its property, or "" after `programs`.
std::string first_divergence(const PlantedBug& bug, unsigned programs) {
  for (unsigned seed = 0; seed < programs; ++seed) {
    Random random(seed);
    const Program program = random_program(random, GeometryName::tiny, kOperations);
    const Outcome outcome = bug.run(program, {});
    if (outcome.diverged()) return outcome.divergence->property;
  }
  return "";
}

TEST(Planted, nothing_is_found_in_the_heap_as_it_is) {
  EXPECT_EQ(first_divergence(no_bug(), 2000), "");
}

class Planted : public testing::TestWithParam<PlantedBug> {};

TEST_P(Planted, is_found) {
  EXPECT_EQ(first_divergence(GetParam(), GetParam().programs), GetParam().property);
}

INSTANTIATE_TEST_SUITE_P(Bugs, Planted, testing::ValuesIn(planted_bugs()),
                         [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace arenite::model
