// SPDX-License-Identifier: MIT
// Requests made to fail, in each mode: those and no others, the same each time.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;

class FailuresTest : public testing::TestWithParam<const char*> {
 protected:
  static std::string output(const std::string& more, const std::vector<std::string>& command) {
    const Outcome outcome = run_with(in_mode(GetParam(), more), command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.signal;
    EXPECT_EQ(outcome.errors, "");
    return outcome.output;
  }
  /// Which of 40 requests fail.
  static std::string failing(const std::string& more) { return output(more, {"failing"}); }
};

INSTANTIATE_TEST_SUITE_P(Modes, FailuresTest, testing::Values("fast", "debug", "page"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(FailuresTest, None) {
  EXPECT_EQ(failing(""), std::string(40, '0'));
  EXPECT_EQ(failing("fail_at=41"), std::string(40, '0'));
}

TEST_P(FailuresTest, TheNth) {
  for (std::size_t n = 1; n <= 8; ++n) {
    std::string expected(40, '0');
    expected[n - 1] = '1';
    EXPECT_EQ(failing("fail_at=" + std::to_string(n)), expected);
  }
}

TEST_P(FailuresTest, EachNth) {
  EXPECT_EQ(failing("fail_every=1"), std::string(40, '1'));
  EXPECT_EQ(failing("fail_every=10"), "0000000001000000000100000000010000000001");
}

TEST_P(FailuresTest, APartOfThem) {
  const std::string drawn = failing("fail_rate=0.3:seed=7");
  EXPECT_EQ(failing("fail_rate=0.3:seed=7"), drawn);
  EXPECT_NE(failing("fail_rate=0.3:seed=8"), drawn);
  EXPECT_GE(count(drawn, "1"), 4u);
  EXPECT_LE(count(drawn, "1"), 24u);
  EXPECT_EQ(failing("fail_rate=1:seed=7"), std::string(40, '1'));
}

/// Those of 20 to 29 bytes are 11th to 20th; only they count.
TEST_P(FailuresTest, OfASize) {
  EXPECT_EQ(failing("fail_at=2:size=20-29"), "0000000000010000000000000000000000000000");
  EXPECT_EQ(failing("fail_every=1:size=20-29"), "0000000000111111111100000000000000000000");
}

TEST_P(FailuresTest, OfAModule) {
  const std::string module = ARENITE_PROGRAMS "/module.so";
  EXPECT_EQ(output("fail_every=1:module=*/module.so", {"modules", module}),
            "program plain, module null\n");
}

TEST_P(FailuresTest, AreWrittenDown) {
  char name[] = "/tmp/arenite_failures_XXXXXX";
  const int file = ::mkstemp(name);
  ASSERT_GE(file, 0);
  ::close(file);
  failing(std::string("fail_every=20:size=10-49:fail_record=") + name);
  std::ostringstream text;
  text << std::ifstream(name).rdbuf();
  std::filesystem::remove(name);
  EXPECT_EQ(text.str(), "serial 20 size 29\nserial 40 size 49\n");
}

TEST_P(FailuresTest, LeaveABlockThatWasToGrowAsItWas) {
  EXPECT_EQ(output("fail_at=2", {"failing_realloc"}), "kept");
}

TEST_P(FailuresTest, ThrowBadAlloc) {
  EXPECT_EQ(output("fail_at=1:size=77-77", {"failing_new"}), "threw, block");
  EXPECT_EQ(output("fail_at=2:size=77-77", {"failing_new"}), "did not throw, null");
  EXPECT_EQ(output("", {"failing_new"}), "did not throw, block");
}

TEST(Failures, DoNotGoWithSamples) {
  const Outcome outcome = run_with("mode=sample:fail_at=3", {"failing"});
  EXPECT_EQ(outcome.output, "0010000000000000000000000000000000000000");
  EXPECT_THAT(outcome.errors, HasSubstr("mode=sample is off"));
}

}  // namespace
}  // namespace arenite
