// SPDX-License-Identifier: MIT
#include "debug/modes/filters.hpp"

#include <unistd.h>

#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "debug/stacks/loaded_objects.hpp"

namespace arenite {
namespace {

TEST(Glob, MatchesTheWholeText) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_TRUE(matches_glob("abc", "abc"));
  EXPECT_FALSE(matches_glob("abc", "abcd"));
  EXPECT_FALSE(matches_glob("abc", "ab"));
  EXPECT_FALSE(matches_glob("b", "abc"));
}

TEST(Glob, QuestionMarkIsOneByte) {
  EXPECT_TRUE(matches_glob("a?c", "abc"));
  EXPECT_TRUE(matches_glob("???", "abc"));
  EXPECT_FALSE(matches_glob("???", "ab"));
  EXPECT_FALSE(matches_glob("?", ""));
}

TEST(Glob, StarIsAnyBytes) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("*", "/usr/lib/libc.so.6"));
  EXPECT_TRUE(matches_glob("*/libc.so*", "/usr/lib/libc.so.6"));
  EXPECT_FALSE(matches_glob("*/libm.so*", "/usr/lib/libc.so.6"));
  EXPECT_TRUE(matches_glob("a*", "a"));
  EXPECT_TRUE(matches_glob("**a**", "a"));
  EXPECT_FALSE(matches_glob("a*b", "a"));
}

TEST(Glob, StarGivesBackWhatItTookTooMuch) {
  EXPECT_TRUE(matches_glob("*ab", "aab"));
  EXPECT_TRUE(matches_glob("a*bc*d", "abcbcxd"));
  EXPECT_TRUE(matches_glob("*a?c", "abcaxc"));
  EXPECT_FALSE(matches_glob("*ab", "aba"));
  EXPECT_FALSE(matches_glob(std::string(30, '*') + "b", std::string(200, 'a')));
}

TEST(Mix, IsTheSameForTheSameAndAnotherForOthers) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    for (std::uint64_t counter = 0; counter < 1000; ++counter) {
      EXPECT_EQ(mix(seed, counter), mix(seed, counter));
      seen.insert(mix(seed, counter));
    }
  EXPECT_EQ(seen.size(), 30'000u);
}

/// The published generator's first numbers for the seed 1234567.
TEST(Mix, IsSplitMix64) {
  constexpr std::uint64_t kPublished[] = {6457827717110365317u, 3203168211198807973u,
                                          9817491932198370423u, 4593380528125082431u,
                                          16408922859458223821u};
  for (std::uint64_t i = 0; i < std::size(kPublished); ++i)
    EXPECT_EQ(mix(1234567, i), kPublished[i]) << i;
}

TEST(Mix, SetsEachBitHalfOfTheTime) {
  int ones[64] = {};
  for (std::uint64_t counter = 0; counter < 10'000; ++counter)
    for (unsigned bit = 0; bit < 64; ++bit)
      ones[bit] += static_cast<int>(mix(99, counter) >> bit & 1);
  for (const int count : ones) {
    EXPECT_GT(count, 4700);
    EXPECT_LT(count, 5300);
  }
}

class FiltersTest : public testing::Test {
 protected:
  FiltersTest() { options.mode = Mode::debug; }
  void open(std::uint64_t seed = 1) { filters.open(options, seed); }
  void set_module(const char* glob) {
    std::strncpy(options.module, glob, sizeof options.module - 1);
  }
  /// The numbers of those that fail, of the first `requests`.
  std::vector<int> failing(int requests) {
    std::vector<int> numbers;
    for (int i = 1; i <= requests; ++i)
      if (filters.fails()) numbers.push_back(i);
    return numbers;
  }

  Options options;
  Filters filters;
};

TEST_F(FiltersTest, NothingAskedForIsAllChosen) {
  open();
  EXPECT_FALSE(filters.any());
  EXPECT_FALSE(filters.leaves_plain());
  EXPECT_FALSE(filters.by_module());
  EXPECT_TRUE(filters.chosen(0, 0));
  EXPECT_TRUE(filters.chosen(~std::size_t{0}, 0));
  EXPECT_TRUE(filters.guarded(1));
  EXPECT_TRUE(failing(100).empty());
}

TEST_F(FiltersTest, NotOpenedAsksForNoCaller) {
  EXPECT_FALSE(filters.any());
  EXPECT_FALSE(filters.by_module());
}

TEST_F(FiltersTest, Size) {
  options.size_min = 10;
  options.size_max = 20;
  open();
  EXPECT_TRUE(filters.any());
  EXPECT_TRUE(filters.leaves_plain());
  EXPECT_FALSE(filters.chosen(9, 0));
  EXPECT_TRUE(filters.chosen(10, 0));
  EXPECT_TRUE(filters.chosen(20, 0));
  EXPECT_FALSE(filters.chosen(21, 0));
}

TEST_F(FiltersTest, FromSerial) {
  options.from_serial = 7;
  open();
  EXPECT_TRUE(filters.leaves_plain());
  EXPECT_FALSE(filters.guarded(6));
  EXPECT_TRUE(filters.guarded(7));
}

TEST_F(FiltersTest, FailuresLeaveNothingPlainUnlessTheModeDoes) {
  options.fail_at = 3;
  open();
  EXPECT_TRUE(filters.any());
  EXPECT_FALSE(filters.leaves_plain());
  options.mode = Mode::fast;
  open();
  EXPECT_TRUE(filters.leaves_plain());
}

TEST_F(FiltersTest, Module) {
  prepare_objects();
  const auto own = reinterpret_cast<Address>(&matches_glob);
  const auto libc = reinterpret_cast<Address>(&::getppid);
  set_module("*modes_test");
  open();
  EXPECT_TRUE(filters.by_module());
  EXPECT_TRUE(filters.leaves_plain());
  // A second time it is remembered. Program counters are odd or even.
  for (int i = 0; i < 2; ++i) {
    for (Address offset = 0; offset < 4; ++offset)
      EXPECT_TRUE(filters.chosen(1, own + offset)) << offset;
    EXPECT_FALSE(filters.chosen(1, libc));
    EXPECT_FALSE(filters.chosen(1, 0));
    EXPECT_FALSE(filters.chosen(1, 0x1000));
  }
}

TEST_F(FiltersTest, FailAt) {
  options.fail_at = 3;
  open();
  EXPECT_EQ(failing(20), std::vector<int>{3});
}

TEST_F(FiltersTest, FailEvery) {
  options.fail_every = 4;
  options.fail_at = 5;
  open();
  EXPECT_EQ(failing(13), (std::vector<int>{4, 5, 8, 12}));
}

TEST_F(FiltersTest, FailRate) {
  options.fail_rate = 0.25;
  open(11);
  const std::vector<int> drawn = failing(10'000);
  EXPECT_GT(drawn.size(), 2300u);
  EXPECT_LT(drawn.size(), 2700u);
  Filters same, other;
  same.open(options, 11);
  other.open(options, 12);
  std::vector<int> again, others;
  for (int i = 1; i <= 10'000; ++i) {
    if (same.fails()) again.push_back(i);
    if (other.fails()) others.push_back(i);
  }
  EXPECT_EQ(again, drawn);
  EXPECT_NE(others, drawn);
}

TEST_F(FiltersTest, FailRateOfAll) {
  options.fail_rate = 1;
  open();
  EXPECT_EQ(failing(1000).size(), 1000u);
}

}  // namespace
}  // namespace arenite
