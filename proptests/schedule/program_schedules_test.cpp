// SPDX-License-Identifier: MIT
// Whole heap programs of the grammar, their operations dealt out to three threads, under random
// schedules. A failure prints the program as text, and the schedule that replays it.
//   ARENITE_PROGRAMS, ARENITE_RUNS   how many programs, and schedules of each
#include "proptests/model/random_program.hpp"
#include "proptests/model/text.hpp"
#include "proptests/schedule/dealt_program.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(ProgramSchedules, RandomProgramsUnderRandomSchedules) {
  const std::uint64_t programs = from_environment("ARENITE_PROGRAMS", 40);
  const std::uint64_t runs = from_environment("ARENITE_RUNS", 100);
  const double began = cpu_seconds();
  Outcome all;
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    model::Random random(seed);
    const model::Program program = model::random_program(random, model::GeometryName::tiny, 45);
    const Outcome outcome = sample(dealt_out(program), seed, runs);
    all.runs += outcome.runs;
    all.steps += outcome.steps;
    ASSERT_EQ(outcome.failure, "")
        << "seed " << seed << ", schedule '" << outcome.schedule << "', program:\n"
        << to_text(program);
  }
  tell("random", all, began);
}

}  // namespace
}  // namespace arenite::schedule
