// SPDX-License-Identifier: MIT
// Correct programs print the same, end the same and finish in every mode.
#include <ostream>

#include <gtest/gtest.h>

#include "debug/misuse/preloaded.hpp"

namespace arenite {
namespace {

struct CorrectMode {
  const char* name;
  const char* options;
};

void PrintTo(const CorrectMode& mode, std::ostream* to) {
  *to << mode.options;
}

constexpr CorrectMode kModes[] = {
    {"Fast", "mode=fast"},
    {"Sample", "mode=sample"},
    {"SampleOften", "mode=sample:sample_rate=20"},
    {"Debug", "mode=debug"},
    {"DebugWithLeaks", "mode=debug:leaks=1:check_every=1000"},
    {"PageRight", "mode=page:side=right"},
    {"PageLeft", "mode=page:side=left"},
    {"PageRandom", "mode=page:side=random"},
};

constexpr const char* kPrograms[] = {
    "aligned_new",
    "containers",
    "coroutines",
    "deep_recursion",
    "ends_of_life",
    "exact_ends",
    "exceptions",
    "failed_requests",
    "fork_while_allocating",
    "growth_by_realloc",
    "interrupted_by_signals",
    "library_calls",
    "long_jumps",
    "many_live_blocks",
    "modules",
    "own_operators",
    "spawned_programs",
    "streams_and_resources",
    "threads_leave_blocks",
    "usable_bytes_filled",
};

std::vector<std::string> command_of(const std::string& program) {
  const std::string folder = ARENITE_PROGRAMS "/correct/";
  if (program == "modules") return {folder + program, folder + "module.so"};
  return {folder + program};
}

class CorrectTest : public testing::TestWithParam<std::tuple<const char*, CorrectMode>> {};

TEST_P(CorrectTest, RunsAsWithoutTheLibrary) {
  const auto& [program, mode] = GetParam();
  const Outcome without = run_command(command_of(program), {.preloaded = false});
  const Outcome with = run_in_mode(command_of(program), mode.options, true, 100);
  EXPECT_EQ(without.exit_code, 0);
  EXPECT_NE(without.output, "");
  EXPECT_FALSE(with.timed_out);
  EXPECT_EQ(with.exit_code, 0) << "signal " << with.signal;
  EXPECT_EQ(with.output, without.output);
  EXPECT_EQ(with.errors, "");
}

/// What a module with operators of its own may do, code beside it may not.
TEST(OwnOperatorsTest, ExcuseNoMismatchElsewhere) {
  for (const auto& [wrong, mismatch] :
       {std::pair{"deleted", "(malloc vs operator delete)"}, {"freed", "(operator new vs free)"}})
    for (const char* options : {"mode=debug", "mode=page"}) {
      const Outcome outcome =
          run_in_mode({ARENITE_PROGRAMS "/correct/own_operators", wrong}, options, true, 100);
      EXPECT_NE(outcome.errors.find(std::string("alloc-dealloc-mismatch ") + mismatch),
                std::string::npos)
          << options << "\n"
          << outcome.errors;
    }
}

INSTANTIATE_TEST_SUITE_P(Programs, CorrectTest,
                         testing::Combine(testing::ValuesIn(kPrograms), testing::ValuesIn(kModes)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" +
                                  std::get<1>(tested.param).name;
                         });

}  // namespace
}  // namespace arenite
