// SPDX-License-Identifier: MIT
#include "debug/memory/memory_copy.hpp"

#include <unistd.h>

#include <algorithm>
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

TEST_F(MemoryCopyTest, room_made_before_is_used_as_far_as_it_goes) {
  copy_.prepare(64);
  ASSERT_TRUE(take({part(0, 40)}));
  ASSERT_TRUE(take({part(40, 64)}));
  // More than is left of it.
  ASSERT_TRUE(take({part(64, 200)}));
  EXPECT_TRUE(reads(0, 200));
  EXPECT_EQ(copy_.bytes(), 200u);
  copy_.prepare(0);
  ASSERT_TRUE(take({part(200, 256)}));
  EXPECT_TRUE(reads(200, 56));
}

/// Enough for two threads: many stretches of some megabytes, every second one.
TEST_F(MemoryCopyTest, much_is_read_in_halves) {
  constexpr std::size_t kBytes = 8192, kCount = 2000;
  std::vector<unsigned char> large(kBytes * kCount);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<unsigned char>(i * 7 >> 3);
  const auto at = reinterpret_cast<Address>(large.data());
  std::vector<Region> stretches;
  for (std::size_t i = 0; i < kCount; i += 2)
    stretches.push_back({at + i * kBytes, at + (i + 1) * kBytes});
  ASSERT_TRUE(take(stretches));
  std::vector<unsigned char> into(kBytes);
  for (std::size_t i = 0; i < kCount; ++i) {
    const bool taken = copy_.read(at + i * kBytes, into.data(), kBytes);
    ASSERT_EQ(taken, i % 2 == 0) << i;
    if (!taken) continue;
    ASSERT_TRUE(std::equal(into.begin(), into.end(),
                           large.begin() + static_cast<std::ptrdiff_t>(i * kBytes)))
        << i;
  }
  // What cannot be read in either half is noticed.
  for (const std::size_t bad : {std::size_t{3}, stretches.size() - 3}) {
    std::vector<Region> some = stretches;
    some[bad] = {8, 16};
    EXPECT_FALSE(take(some)) << bad;
  }
}

}  // namespace
}  // namespace arenite
