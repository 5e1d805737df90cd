// SPDX-License-Identifier: MIT
// Sample mode: about one allocation in N, and what is wrong with it is found.
#include <cstdlib>

#include <gmock/gmock.h>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

/// Of `rounds` times 2000 allocations.
long samples(const std::string& options, const char* rounds) {
  const Outcome outcome = run_with("mode=sample:" + options, {"sampled", "count", rounds, "2000"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.signal;
  EXPECT_EQ(outcome.errors, "");
  return std::atol(outcome.output.c_str());
}

TEST(Sample, OneInAsManyAsAskedFor) {
  for (const char* seed : {":seed=1", ":seed=2", ":seed=3"}) {
    EXPECT_THAT(samples(std::string("sample_rate=1000") + seed, "100"), AllOf(Ge(130), Le(270)));
    EXPECT_THAT(samples(std::string("sample_rate=10000") + seed, "500"), AllOf(Ge(60), Le(140)));
  }
  EXPECT_EQ(samples("sample_rate=4000000000:seed=1", "10"), 0);
}

TEST(Sample, OneInFiveThousandUnlessAskedFor) {
  EXPECT_THAT(samples("seed=1", "250"), AllOf(Ge(50), Le(150)));
}

TEST(Sample, TheSameBySeed) {
  const auto serials = [](const char* seed) {
    return run_with(std::string("mode=sample:sample_rate=3:seed=") + seed, {"serials"}).output;
  };
  EXPECT_EQ(serials("5"), serials("5"));
  EXPECT_EQ(run_with("mode=sample:sample_rate=1", {"serials"}).output, "1 2 3 4 5 6 7 8 9 10 \n");
}

TEST(Sample, OnlyWhatFiltersLet) {
  // A block of 30 bytes came along with one of 20, which is not let.
  EXPECT_EQ(run_with("mode=sample:sample_rate=1:size=30-50", {"serials"}).output,
            "0 0 0 3 4 0 0 0 0 0 \n");
  EXPECT_EQ(run_with("mode=sample:sample_rate=1:break_serial=8", {"serials"}).signal, SIGTRAP);
}

TEST(Sample, UseAfterFreeInALoopIsFound) {
  const Outcome outcome =
      run_with("mode=sample:sample_rate=500:seed=1", {"sampled", "after_free", "20", "2000"});
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(reports(outcome, "heap-use-after-free"), 1u);
  EXPECT_THAT(outcome.errors, HasSubstr("previously allocated by thread T0 here:\n    #0 0x"));
  EXPECT_EQ(run_with("mode=fast", {"sampled", "after_free", "20", "2000"}).exit_code, 0);
}

TEST(Sample, ThatWasFreedHasNoSizeAndIsNotMoved) {
  const std::string options = "mode=sample:sample_rate=1:on_error=continue";
  const Outcome moved = run_with(options, {"errors", "realloc_of_freed"});
  EXPECT_EQ(moved.exit_code, 0) << moved.errors;
  EXPECT_EQ(moved.output, "went on\n");
  EXPECT_EQ(reports(moved, "double-free"), 1u) << moved.errors;
  EXPECT_THAT(moved.errors, HasSubstr("a freed block to be resized"));
  const Outcome sized = run_with(options, {"errors", "size_of_freed"});
  EXPECT_EQ(sized.exit_code, 0) << sized.errors;
  EXPECT_EQ(sized.output, "went on\n");
  EXPECT_EQ(reports(sized), 1u) << sized.errors;
  EXPECT_THAT(sized.errors, HasSubstr("attempting to call malloc_usable_size() for pointer"));
}

TEST(Sample, BlocksAreMovedWithWhatTheyHold) {
  EXPECT_EQ(run_with("mode=sample:sample_rate=1", {"resized"}).output, "111111111\n");
}

TEST(Sample, HasAllTheMemoryThatFastModeHas) {
  EXPECT_EQ(run_with("mode=sample", {"many", "20000", "50000"}).output, "20000");
}

/// 2,000,000 allocations, 20,000 samples among them.
TEST(Sample, TakesLittleMemory) {
  const auto grown = [](const char* options) {
    const Outcome outcome = run_with(options, {"quarantine"});
    const std::size_t at = outcome.output.find("grew ");
    return at == std::string::npos ? -1 : std::atol(outcome.output.c_str() + at + 5);
  };
  const long fast = grown("mode=fast"), sampled = grown("mode=sample:sample_rate=100");
  EXPECT_GE(fast, 0);
  EXPECT_LE(sampled, fast + 2);
}

}  // namespace
}  // namespace arenite
