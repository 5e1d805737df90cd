// SPDX-License-Identifier: MIT
// Leaks of programs: what is lost is reported, what only looks so is not, nothing printed is lost.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LeaksTest : public testing::TestWithParam<const char*> {
 protected:
  static Outcome run(const std::string& how, const std::string& more = "leaks=1") {
    return run_with(in_mode(GetParam(), more), {"leaky", how});
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, LeaksTest, testing::Values("debug", "page"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(LeaksTest, AreReportedByStack) {
  const Outcome outcome = run("lost");
  EXPECT_EQ(outcome.exit_code, 23);
  EXPECT_EQ(outcome.output, "lost, end");
  EXPECT_THAT(outcome.errors, HasSubstr("==ERROR: LeakSanitizer: detected memory leaks\n"));
  EXPECT_THAT(outcome.errors,
              HasSubstr("\nDirect leak of 72 byte(s) in 3 object(s) allocated from:\n    #0 0x"));
  EXPECT_THAT(outcome.errors,
              HasSubstr("\nSUMMARY: AddressSanitizer: 72 byte(s) leaked in 3 allocation(s).\n"));
}

TEST_P(LeaksTest, OfBlocksThatLostOnesReferToAreIndirect) {
  const Outcome outcome = run("chain");
  EXPECT_THAT(outcome.errors, HasSubstr("Direct leak of 48 byte(s) in 1 object(s)"));
  EXPECT_THAT(outcome.errors, HasSubstr("Indirect leak of 80 byte(s) in 1 object(s)"));
}

TEST_P(LeaksTest, AreNotLookedForUnlessAskedFor) {
  const Outcome outcome = run("lost", "leaks=0");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.errors, IsEmpty());
}

TEST_P(LeaksTest, AreNotWhatSomethingRefersTo) {
  for (const char* how : {"none", "global", "tls", "other_stack", "other_tls", "ignored"}) {
    const Outcome outcome = run(how);
    EXPECT_EQ(outcome.exit_code, 0) << how;
    EXPECT_EQ(outcome.output, std::string(how) + ", end");
    EXPECT_THAT(outcome.errors, IsEmpty()) << how;
  }
}

TEST_P(LeaksTest, EndWithTheStatusThatIsAskedFor) {
  for (const int code : {1, 9})
    EXPECT_EQ(run("lost", "leaks=1:leak_exit_code=" + std::to_string(code)).exit_code, code);
  const Outcome kept = run("lost", "leaks=1:leak_exit_code=0");
  EXPECT_EQ(kept.exit_code, 0);
  EXPECT_THAT(kept.errors, HasSubstr("72 byte(s) leaked"));
}

TEST_P(LeaksTest, OnDemand) {
  const Outcome outcome = run_with(in_mode(GetParam()), {"leaky", "lost", "ask"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "found 3lost, end");
  EXPECT_EQ(count(outcome.errors, "detected memory leaks"), 1u);
  EXPECT_EQ(run_with(in_mode(GetParam()), {"leaky", "global", "ask"}).output, "found 0global, end");
}

TEST_P(LeaksTest, OnDemandAsASanitizerIsAsked) {
  const Outcome outcome = run_with(in_mode(GetParam()), {"leaky", "recoverable"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "nothing 0, something 1, recoverable, end");
  EXPECT_EQ(count(outcome.errors, "detected memory leaks"), 1u);
}

TEST_P(LeaksTest, ThatAreNotCertainAreSaidToBe) {
  const Outcome outcome = run("deaf");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "deaf, end");
  EXPECT_THAT(outcome.errors, HasSubstr("leaks: not certain: some threads could not be stopped\n"));
}

/// What the dynamic linker keeps for itself is none; what it calls has leaks like anything else.
TEST_P(LeaksTest, OfConstructorsOfModules) {
  const Outcome outcome =
      run_with(in_mode(GetParam(), "leaks=1"), {"modules", ARENITE_PROGRAMS "/lossy_module.so"});
  EXPECT_EQ(outcome.output, "program guarded, module guarded\n");
  EXPECT_EQ(outcome.exit_code, 23);
  EXPECT_THAT(outcome.errors, HasSubstr("Direct leak of 77 byte(s) in 1 object(s)"));
}

TEST_P(LeaksTest, OfBlocksThatAreGuardedOnly) {
  EXPECT_EQ(run("lost", "leaks=1:size=20-30").exit_code, 23);
  EXPECT_EQ(run("lost", "leaks=1:size=80-").exit_code, 0);
}

TEST_P(LeaksTest, AsJson) {
  const auto report = nlohmann::json::parse(run("chain", "leaks=1:format=json").errors);
  EXPECT_EQ(report["kind"], "leaks") << report;
}

TEST_P(LeaksTest, OfChildrenAreTheirOwn) {
  const Outcome outcome = run("in_child");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output, "child 23, in_child, end");
  EXPECT_EQ(count(outcome.errors, "detected memory leaks"), 1u);
}

TEST(Leaks, WhileDisabledAreNone) {
  EXPECT_EQ(run_with("mode=debug:leaks=1", {"leaky", "disabled"}).errors, "");
}

TEST(Leaks, TakeAModeThatKeepsTrack) {
  for (const char* mode : {"fast:help=0", "sample:sample_rate=1"}) {
    const Outcome outcome = run_with(in_mode(mode), {"leaky", "lost", "ask"});
    EXPECT_EQ(outcome.output, "found 0lost, end");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.errors, "");
  }
  EXPECT_THAT(run_with("mode=sample:leaks=1", {"leaky", "lost"}).errors,
              HasSubstr("leaks=on finds nothing in this mode"));
}

class SuppressionsTest : public testing::Test {
 protected:
  SuppressionsTest() { ::close(::mkstemp(path_)); }
  ~SuppressionsTest() override { std::filesystem::remove(path_); }
  Outcome run(const std::string& rules) {
    std::ofstream(path_) << rules;
    return run_with(std::string("mode=debug:leaks=1:suppressions=") + path_, {"leaky", "lost"});
  }
  char path_[32] = "/tmp/arenite_rules_XXXXXX";
};

TEST_F(SuppressionsTest, ByModule) {
  const Outcome outcome = run("# of the program\nleak:bin/modes/leaky\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.errors, IsEmpty());
}

TEST_F(SuppressionsTest, ByFunction) {
  EXPECT_EQ(run("leak:lose_hid*n\n").exit_code, 0);
}

TEST_F(SuppressionsTest, ThatDoNotMatch) {
  EXPECT_EQ(run("leak:another\n").exit_code, 23);
}

TEST_F(SuppressionsTest, ThatAreNone) {
  const Outcome outcome = run("leak:another\nleek:lose\n");
  EXPECT_THAT(outcome.errors, HasSubstr("suppressions: line 2 is no rule"));
  EXPECT_EQ(outcome.exit_code, 23);
}

TEST_F(SuppressionsTest, ThatCannotBeRead) {
  const Outcome outcome = run_with("mode=debug:leaks=1:suppressions=/none", {"leaky", "global"});
  EXPECT_THAT(outcome.errors, HasSubstr("suppressions: cannot read /none"));
  EXPECT_EQ(outcome.exit_code, 0);
}

}  // namespace
}  // namespace arenite
