// SPDX-License-Identifier: MIT
// The checks of all blocks: every N operations, on a signal, at exit; and what the program asks.
#include <gmock/gmock.h>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ChecksTest : public testing::TestWithParam<const char*> {
 protected:
  static Outcome run(const std::string& more, const std::vector<std::string>& command) {
    return run_with(in_mode(GetParam(), more), command);
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, ChecksTest, testing::Values("debug", "page"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(ChecksTest, AtExitUnlessNotWanted) {
  const Outcome outcome = run("", {"checks", "nothing", "damage"});
  EXPECT_EQ(outcome.output, "end\n");
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(reports(outcome, "heap-buffer-overflow"), 1u);
  EXPECT_THAT(outcome.errors, HasSubstr("found by check at exit"));
  for (const Outcome& right : {run("check_exit=0", {"checks", "nothing", "damage"}),
                               run("check_exit=1", {"checks", "nothing"})}) {
    EXPECT_EQ(right.exit_code, 0);
    EXPECT_EQ(right.errors, "");
  }
}

TEST_P(ChecksTest, EveryFewOperations) {
  const Outcome outcome = run("check_every=8", {"checks", "operate", "damage"});
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_THAT(outcome.errors, HasSubstr("found by check every N operations"));
  // Each of the program's steps is two operations.
  EXPECT_TRUE(testing::Matches(HasSubstr("0 1 2 "))(outcome.output)) << outcome.output;
  EXPECT_THAT(outcome.output, Not(HasSubstr("4 ")));
  EXPECT_EQ(run("check_every=8", {"checks", "operate"}).exit_code, 0);
}

TEST_P(ChecksTest, TellOfOneDamageOnce) {
  const Outcome outcome = run("check_every=3:on_error=continue", {"checks", "operate", "damage"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(reports(outcome), 1u);
}

TEST_P(ChecksTest, OnASignal) {
  const std::string on = "check_exit=0:on_error=continue:check_signal=10";
  const Outcome outcome = run(on, {"checks", "signal", "damage"});
  EXPECT_EQ(outcome.output, "end\n");
  EXPECT_EQ(reports(outcome), 1u);
  EXPECT_THAT(outcome.errors, HasSubstr("found by check on signal"));
  EXPECT_EQ(run(on, {"checks", "signal"}).errors, "");
  // Without it the signal is what it always is.
  EXPECT_EQ(run("check_exit=0", {"checks", "signal", "damage"}).signal, 10);
}

TEST_P(ChecksTest, OnASignalWhileThreadsAllocate) {
  const Outcome outcome = run("check_signal=10", {"checks", "signal_under_load"});
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.signal;
  EXPECT_EQ(outcome.errors, "");
}

TEST(CheckSignal, ThatCannotBeCaughtIsSaid) {
  const Outcome outcome = run_with("mode=debug:check_signal=9", {"checks", "nothing"});
  EXPECT_EQ(outcome.output, "end\n");
  EXPECT_THAT(outcome.errors, HasSubstr("check_signal: no such signal can be caught"));
}

// ---- what the program asks ----

const char* const kNothingKnown =
    "damaged 0\n"
    "intact: check 1, describe 0\n"
    "inside: check 1, describe 0\n"
    "before: check 1, describe 0\n"
    "behind: check 1, describe 0\n"
    "damaged: check 1, describe 0\n"
    "freed: check 1, describe 0\n"
    "stack: check 1, describe 0\n"
    "null: check 1, describe 0\n"
    "wild: check 1, describe 0\n"
    "damaged 0\n"
    "again 0\n"
    "leaks 0\n";

const char* const kAllKnown =
    "damaged 0\n"
    "intact: check 1, describe 1\n"
    "inside: check 1, describe 1\n"
    "before: check 1, describe 1\n"
    "behind: check 1, describe 1\n"
    "damaged: check 0, describe 1\n"
    "freed: check 1, describe 1\n"
    "stack: check 1, describe 0\n"
    "null: check 1, describe 0\n"
    "wild: check 1, describe 0\n"
    "damaged 1\n"
    "again 0\n"
    "leaks 0\n";

/// What the program itself prints, without what `arn_describe` does.
std::string answers(const std::string& output) {
  std::string kept;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t described = line.find(", 0x");
    if (described != std::string::npos)
      kept += line.substr(0, described + 2);
    else if (line[0] != '0' && line[0] != ' ' && line.find(" by thread") == std::string::npos)
      kept += line + "\n";
  }
  return kept;
}

TEST(Api, SaysNothingInFastMode) {
  const Outcome outcome = run_with("mode=fast", {"api"});
  EXPECT_EQ(answers(outcome.output), std::string("mode fast\n") + kNothingKnown);
  EXPECT_THAT(outcome.output, HasSubstr("but lies in the heap"));
  EXPECT_EQ(outcome.errors, "");
}

TEST(Api, SaysNothingOfWhatIsNoSample) {
  const Outcome outcome = run_with("mode=sample:sample_rate=1000000:seed=1", {"api"});
  EXPECT_EQ(answers(outcome.output), std::string("mode sample\n") + kNothingKnown);
}

TEST(Api, SaysWhatIsKnownInEachMode) {
  for (const char* mode : {"sample", "debug", "page"}) {
    const Outcome outcome =
        run_with(in_mode(mode, "sample_rate=1:on_error=continue:seed=1"), {"api"});
    EXPECT_EQ(answers(outcome.output), "mode " + std::string(mode) + "\n" + kAllKnown);
    EXPECT_THAT(outcome.output, HasSubstr(" is 7 bytes inside of a live block of 40 bytes at "));
    EXPECT_THAT(outcome.output, HasSubstr(" is 1 bytes before a live block of 40 bytes at "));
    EXPECT_THAT(outcome.output, HasSubstr(" is 3 bytes after a live block of 40 bytes at "));
    EXPECT_THAT(outcome.output, HasSubstr(" is 0 bytes inside of a freed block of 40 bytes at "));
    EXPECT_THAT(outcome.output, HasSubstr(", serial 3, from malloc\nfreed by thread T0 here:\n"));
    EXPECT_THAT(outcome.output, HasSubstr("allocated by thread T0 here:\n    #0 0x"));
    EXPECT_EQ(reports(outcome, "heap-buffer-overflow"), 2u);
    EXPECT_THAT(outcome.errors, HasSubstr("found by arn_check in"));
    EXPECT_THAT(outcome.errors, HasSubstr("found by arn_check_all in"));
  }
}

}  // namespace
}  // namespace arenite
