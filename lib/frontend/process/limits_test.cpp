// SPDX-License-Identifier: MIT
// Programs whose address space is limited from their first instruction: less is reserved, the
// statistics say so, and being out of memory is survived.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

constexpr rlim_t kMiB = 1 << 20;

class AddressSpaceTest : public testing::TestWithParam<rlim_t> {};

TEST_P(AddressSpaceTest, ExhaustedAndUsedAgain) {
  const rlim_t limit = GetParam() * kMiB;
  const Outcome outcome = run_program("limited", {.address_space_bytes = limit});
  ASSERT_EQ(outcome.exit_code, 0) << "signal " << outcome.signal << "\n" << outcome.errors;
  const auto statistics = nlohmann::json::parse(outcome.output);
  EXPECT_LT(statistics["reserved_bytes"], limit);
  EXPECT_GE(statistics["range_reserved_bytes"], limit / 8);
  EXPECT_EQ(statistics["mapped_bytes"], statistics["accounted_bytes"]);
  EXPECT_LE(statistics["threads"], 2);
}

INSTANTIATE_TEST_SUITE_P(MiB, AddressSpaceTest, testing::Values(100, 300, 1024),
                         testing::PrintToStringParamName());

/// Below what the geometry needs at least there is no heap: every request fails, nothing crashes.
TEST(AddressSpaceTest, TooSmallForAHeap) {
  const Outcome outcome = run_program("starved", {.address_space_bytes = 12 * kMiB});
  EXPECT_EQ(outcome.exit_code, 0) << "signal " << outcome.signal << "\n" << outcome.errors;
}

}  // namespace
}  // namespace arenite
