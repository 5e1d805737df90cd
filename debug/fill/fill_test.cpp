// SPDX-License-Identifier: MIT
#include "debug/fill/fill.hpp"

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr std::size_t kRoom = 160;

class FillTest : public testing::Test {
 protected:
  Address at(std::size_t offset) const { return reinterpret_cast<Address>(room_) + offset; }
  Extent bytes(std::size_t begin, std::size_t end) const { return {at(begin), at(end)}; }
  alignas(16) unsigned char room_[kRoom] = {};
};

TEST_F(FillTest, FindsTheFirstByteThatDiffersWhereverItIs) {
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t end = begin; end < 90; ++end) {
      fill(bytes(begin, end), kFreedByte);
      ASSERT_EQ(first_unlike(bytes(begin, end), kFreedByte), 0u);
      for (std::size_t i = begin; i < end; ++i) {
        room_[i] ^= 0x10;
        ASSERT_EQ(first_unlike(bytes(begin, end), kFreedByte), at(i));
        room_[i] ^= 0x10;
      }
    }
}

TEST_F(FillTest, FillsNothingOutsideItsBytes) {
  fill(bytes(20, 40), kFreshByte);
  fill(bytes(60, 60), kFreshByte);
  for (std::size_t i = 0; i < kRoom; ++i)
    ASSERT_EQ(room_[i], i >= 20 && i < 40 ? kFreshByte : 0) << i;
}

class GuardTest : public FillTest, public testing::WithParamInterface<std::uint64_t> {};

TEST_P(GuardTest, EveryChangedByteIsFoundAndNoOther) {
  const GuardPattern pattern(GetParam());
  for (std::size_t begin = 8; begin < 17; ++begin)
    for (std::size_t end = begin; end < 70; ++end) {
      fill(bytes(0, kRoom), 0);
      pattern.write(bytes(begin, end));
      ASSERT_EQ(pattern.first_changed(bytes(begin, end)), 0u);
      ASSERT_EQ(first_unlike(bytes(0, begin), 0), 0u);
      ASSERT_EQ(first_unlike(bytes(end, kRoom), 0), 0u);
      for (std::size_t i = begin; i < end; ++i) {
        room_[i] ^= 1;
        ASSERT_EQ(pattern.first_changed(bytes(begin, end)), at(i));
        room_[i] ^= 1;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Keys, GuardTest, testing::Values(0, 0x9E3779B97F4A7C15));

TEST_F(FillTest, PlainGuardsAreTheByteThatPythonUsersKnow) {
  GuardPattern().write(bytes(3, 50));
  EXPECT_EQ(first_unlike(bytes(3, 50), 0xFD), 0u);
}

TEST_F(FillTest, KeyedGuardsAreNotThoseOfAnotherPlace) {
  const GuardPattern pattern(0x9E3779B97F4A7C15);
  pattern.write(bytes(0, 32));
  std::memcpy(room_ + 64, room_, 32);
  EXPECT_NE(pattern.first_changed(bytes(64, 96)), 0u);
}

}  // namespace
}  // namespace arenite
