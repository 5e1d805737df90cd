// SPDX-License-Identifier: MIT
// Page mode: faults of the program are the program's own, as if the library were not there, and a
// guard page's fault is reported all the same. And what the page mode's options choose.
#include <signal.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class HandlersTest : public testing::TestWithParam<const char*> {};

TEST_P(HandlersTest, GetTheProgramsOwnFaults) {
  const std::vector<std::string> command = {"handlers", GetParam()};
  const Outcome without = run_with("", command, {.preloaded = false});
  for (const char* mode : {"page", "sample"}) {
    const Outcome with = run_with(in_mode(mode), command);
    EXPECT_EQ(with.output, without.output);
    EXPECT_EQ(with.exit_code, without.exit_code);
    EXPECT_EQ(with.signal, without.signal);
    EXPECT_EQ(with.errors, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Of, HandlersTest,
                         testing::Values("siginfo", "signal", "exit", "default", "reset", "again",
                                         "mask", "nodefer", "query", "query_both", "interrupted",
                                         "bsd", "sysv", "sent", "ignored", "in_child", "own_page",
                                         "alternate", "small_stack"),
                         [](const auto& tested) { return std::string(tested.param); });

/// Whatever the program did before, and even if the handler it has is still there.
class GuardFaultTest : public testing::TestWithParam<const char*> {};

TEST_P(GuardFaultTest, IsReported) {
  const Outcome outcome = run_with("mode=page", {"handlers", GetParam(), "guard"});
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(reports(outcome, "heap-buffer-overflow"), 1u) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr(" is located 0 bytes after 32-byte region "));
  EXPECT_THAT(outcome.errors, EndsWith("ABORTING\n"));
}

INSTANTIATE_TEST_SUITE_P(After, GuardFaultTest,
                         testing::Values("nothing", "siginfo", "signal", "mask", "query", "sent",
                                         "ignored", "in_child", "own_page", "alternate",
                                         "small_stack"),
                         [](const auto& tested) { return std::string(tested.param); });

/// The handler has next to no stack: there is nothing to report on, but an end.
TEST(GuardFault, WithoutAStackEndsTheProcess) {
  const Outcome outcome = run_with("mode=page", {"handlers", "least_stack"}, {.seconds = 20});
  EXPECT_FALSE(outcome.timed_out);
}

// ---- where the guard page is ----

/// The size of a block, the byte that is written, and whether this is seen.
Outcome write_at(const std::string& more, const char* size, const char* offset) {
  return run_with(in_mode("page:check_exit=0", more), {"damage", size, offset});
}

bool faults(const Outcome& outcome) {
  EXPECT_EQ(outcome.signal == SIGABRT, reports(outcome) == 1);
  return outcome.errors.find(" by access") != std::string::npos;
}

TEST(Side, RightIsBehind) {
  for (const char* side : {"", "side=right"}) {
    EXPECT_TRUE(faults(write_at(side, "32", "32")));
    EXPECT_FALSE(faults(write_at(side, "32", "-1")));
    EXPECT_FALSE(faults(write_at(side, "32", "31")));
  }
}

TEST(Side, LeftIsBefore) {
  EXPECT_FALSE(faults(write_at("side=left", "32", "32")));
  EXPECT_TRUE(faults(write_at("side=left", "32", "-1")));
  EXPECT_FALSE(faults(write_at("side=left", "32", "0")));
}

TEST(Side, AFaultBehindIsAnOverflowAndOneBeforeAnUnderflow) {
  const auto fault = [](const std::string& side, const char* offset) {
    const Outcome outcome = write_at(side + ":format=json", "32", offset);
    const auto report = nlohmann::json::parse(outcome.errors);
    EXPECT_EQ(report["operation"], "access");
    EXPECT_EQ(report["access"]["kind"], "write") << report["access"];
    return report["fault"].get<std::string>();
  };
  EXPECT_EQ(fault("side=right", "32"), "heap-buffer-overflow");
  EXPECT_EQ(fault("side=left", "-1"), "heap-buffer-underflow");
}

TEST(Side, RandomIsEitherAndTheSameBySeed) {
  std::size_t behind = 0;
  for (int seed = 1; seed <= 16; ++seed) {
    const std::string side = "side=random:seed=" + std::to_string(seed);
    const bool right = faults(write_at(side, "32", "32"));
    EXPECT_NE(faults(write_at(side, "32", "-1")), right) << side;
    EXPECT_EQ(faults(write_at(side, "32", "32")), right) << side;
    behind += right ? 1 : 0;
  }
  EXPECT_GE(behind, 2u);
  EXPECT_LE(behind, 14u);
}

TEST(Alignment, OfOneShowsEveryByte) {
  EXPECT_TRUE(faults(write_at("align=1", "31", "31")));
  EXPECT_TRUE(faults(write_at("align=8", "24", "24")));
  EXPECT_FALSE(faults(write_at("", "31", "31")));
  // What does not fault is found when the block is given back.
  EXPECT_THAT(write_at("", "31", "31").errors, HasSubstr("found by free"));
}

TEST(PageMemory, ThatIsUsedUpIsSaidOnce) {
  const RunSetting limited{.address_space_bytes = rlim_t{4} << 30};
  const Outcome outcome = run_with("mode=page", {"many", "60000", "5000"}, limited);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, "60000");
  EXPECT_EQ(count(outcome.errors, "from here on some blocks get guard bytes instead"), 1u)
      << outcome.errors;
  EXPECT_EQ(count(outcome.errors, "\n"), 1u);
}

TEST(PageMemory, ThatSufficesIsNotTalkedOf) {
  const Outcome outcome = run_with("mode=page", {"many", "1000", "5000"});
  EXPECT_EQ(outcome.output, "1000");
  EXPECT_EQ(outcome.errors, "");
}

}  // namespace
}  // namespace arenite
