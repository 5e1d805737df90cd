// SPDX-License-Identifier: MIT
#include "debug/memory/memory_copy.hpp"

#include <unistd.h>

#include <array>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

/// A stretch of our own memory, as if it were another process's.
class MemoryCopyTest : public testing::Test {
 protected:
  void SetUp() override {
    std::iota(source_.begin(), source_.end(), static_cast<unsigned char>(0));
  }

  Region part(std::size_t from, std::size_t to) const {
    const auto at = reinterpret_cast<Address>(source_.data());
    return {at + from, at + to};
  }
  bool take(std::vector<Region> stretches) { return copy_.take(::getpid(), stretches); }

  /// Whether so many bytes can be read from there, and are those that were taken.
  bool reads(std::size_t from, std::size_t bytes) {
    std::array<unsigned char, 256> into{};
    if (!copy_.read(part(from, from).begin, into.data(), bytes)) return false;
    for (std::size_t i = 0; i < bytes; ++i)
      EXPECT_EQ(into[i], static_cast<unsigned char>(from + i)) << from << " + " << i;
    return true;
  }

  std::array<unsigned char, 256> source_{};
  MemoryCopy copy_;
};

TEST_F(MemoryCopyTest, keeps_what_was_there) {
  ASSERT_TRUE(take({part(100, 200), part(10, 20)}));
  source_.fill(0);
  EXPECT_TRUE(reads(100, 100));
  EXPECT_TRUE(reads(10, 10));
  EXPECT_EQ(copy_.bytes(), 110u);
}

TEST_F(MemoryCopyTest, reads_nothing_that_was_not_taken) {
  EXPECT_FALSE(reads(0, 1));
  ASSERT_TRUE(take({part(100, 200), part(10, 20)}));
  for (const std::size_t from : {0u, 9u, 20u, 99u, 200u}) EXPECT_FALSE(reads(from, 1)) << from;
  EXPECT_FALSE(reads(15, 6));
  EXPECT_FALSE(reads(199, 2));
}

/// What is asked for need not know where one stretch ends: a writer of snapshots joins them.
TEST_F(MemoryCopyTest, reads_across_stretches_that_touch) {
  ASSERT_TRUE(take({part(40, 60), part(0, 30)}));
  ASSERT_TRUE(take({part(30, 40), part(61, 90)}));
  source_.fill(0);
  EXPECT_TRUE(reads(0, 60));
  EXPECT_TRUE(reads(29, 2));
  EXPECT_TRUE(reads(35, 20));
  EXPECT_FALSE(reads(35, 30)) << "a byte between them was not taken";
}

TEST_F(MemoryCopyTest, says_no_to_what_cannot_be_read_or_is_too_much) {
  EXPECT_FALSE(take({part(0, 10), {0, 16}}));
  EXPECT_FALSE(take({{0x10000, 0x10000 + (Address{2} << 30)}}));
}

}  // namespace
}  // namespace arenite
