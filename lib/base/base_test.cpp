// SPDX-License-Identifier: MIT
#include <cstdint>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bits.hpp"
#include "base/caught_fatal.hpp"
#include "base/contract.hpp"
#include "base/strong.hpp"
#include "base/text.hpp"

namespace arenite {
namespace {

// ---- bits ----

TEST(Bits, RoundingGoesToTheNearestMultipleOnItsSide) {
  for (std::size_t power = 1; power <= 64; power *= 2) {
    for (std::size_t number = 0; number <= 300; ++number) {
      const std::size_t up = round_up(number, power), down = round_down(number, power);
      EXPECT_EQ(up % power, 0u);
      EXPECT_EQ(down % power, 0u);
      EXPECT_TRUE(up >= number && up - number < power) << number << " up to " << power;
      EXPECT_TRUE(down <= number && number - down < power) << number << " down to " << power;
      EXPECT_EQ(divide_up(number, power), up / power);
    }
  }
}

TEST(Bits, RoundingKeepsAddressesAboveFourGigabytes) {
  const std::uint64_t address = 0x7fff'1234'5678;
  EXPECT_EQ(round_down(address, 4096), 0x7fff'1234'5000u);
  EXPECT_EQ(round_up(address, 4096), 0x7fff'1234'6000u);
}

TEST(Bits, DivideUpNeedsNoPowerOfTwo) {
  EXPECT_EQ(divide_up(0, 7), 0u);
  EXPECT_EQ(divide_up(1, 7), 1u);
  EXPECT_EQ(divide_up(7, 7), 1u);
  EXPECT_EQ(divide_up(8, 7), 2u);
}

TEST(Bits, LowBitsCountsFromNoneToAll) {
  std::uint64_t expected = 0;
  for (unsigned count = 0; count <= 64; ++count) {
    EXPECT_EQ(low_bits(count), expected) << count;
    expected = expected * 2 + 1;
  }
  EXPECT_EQ(low_bits(1000), ~std::uint64_t{0});
}

std::uint64_t lowest_members_bit_by_bit(std::uint64_t word, unsigned count) {
  std::uint64_t chosen = 0;
  for (unsigned bit = 0; bit < 64 && count > 0; ++bit)
    if ((word >> bit & 1) != 0) {
      chosen |= std::uint64_t{1} << bit;
      --count;
    }
  return chosen;
}

std::uint64_t full_groups_bit_by_bit(std::uint64_t word, unsigned size) {
  std::uint64_t members = 0;
  for (unsigned first = 0; first < 64; first += size) {
    const std::uint64_t group = low_bits(size) << first;
    if ((word & group) == group) members |= group;
  }
  return members;
}

std::uint64_t stretches_bit_by_bit(std::uint64_t word, unsigned length) {
  std::uint64_t starts = 0;
  for (unsigned bit = 0; bit + length <= 64; ++bit) {
    bool all = true;
    for (unsigned i = 0; i < length; ++i) all = all && (word >> (bit + i) & 1) != 0;
    if (all) starts |= std::uint64_t{1} << bit;
  }
  return starts;
}

/// Words of every density, and the two extremes.
std::vector<std::uint64_t> sample_words() {
  std::mt19937_64 random(20250101);
  std::vector<std::uint64_t> words{0, ~std::uint64_t{0}, 1, std::uint64_t{1} << 63};
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t a = random(), b = random(), c = random();
    words.insert(words.end(), {a, a & b, a & b & c, a | b, a | b | c});
  }
  return words;
}

TEST(Bits, MemberCountAgreesWithCountingThemOneByOne) {
  for (const std::uint64_t word : sample_words()) {
    unsigned members = 0;
    for (unsigned bit = 0; bit < 64; ++bit) members += static_cast<unsigned>(word >> bit & 1);
    ASSERT_EQ(member_count(word), members) << word;
  }
}

TEST(Bits, LowestMembersAgreesWithTakingThemOneByOne) {
  for (const std::uint64_t word : sample_words())
    for (unsigned count = 0; count <= 64; ++count)
      ASSERT_EQ(lowest_members(word, count), lowest_members_bit_by_bit(word, count))
          << word << " " << count;
}

TEST(Bits, FullGroupsAgreesWithLookingAtEachGroup) {
  for (const std::uint64_t word : sample_words())
    for (unsigned size = 1; size <= 64; size *= 2)
      ASSERT_EQ(full_groups(word, size), full_groups_bit_by_bit(word, size)) << word << " " << size;
}

TEST(Bits, StretchesAgreesWithLookingAtEachBit) {
  for (const std::uint64_t word : sample_words())
    for (unsigned length = 1; length <= 64; ++length)
      ASSERT_EQ(stretches(word, length), stretches_bit_by_bit(word, length))
          << word << " " << length;
}

TEST(Bits, LowestBitIsTheFirstSetOne) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(lowest_bit(std::uint64_t{1} << bit), bit);
    EXPECT_EQ(lowest_bit(~std::uint64_t{0} << bit), bit);
  }
}

// ---- strong ----

TEST(Strong, IndicesOfDifferentKindsDoNotConvert) {
  static_assert(!std::is_convertible_v<PoolIndex, ArenaIndex>);
  static_assert(!std::is_constructible_v<PoolIndex, ArenaIndex>);
  static_assert(!std::is_convertible_v<std::uint32_t, PoolIndex>);
  static_assert(std::is_constructible_v<PoolIndex, std::uint32_t>);
  EXPECT_LT(PoolIndex{1}, PoolIndex{2});
  EXPECT_EQ(PoolIndex{7}, PoolIndex{7});
  EXPECT_NE(PoolIndex{7}, PoolIndex{kNone});
}

// ---- text ----

TEST(Text, ComposesWordsAndNumbers) {
  Text<64> text;
  text << "pool " << 7u << " at " << Hex{0x7f00'dead'beef} << " of " << std::uint64_t{0};
  EXPECT_STREQ(text.c_str(), "pool 7 at 0x7f00deadbeef of 0");
  EXPECT_EQ(text.size(), std::string(text.c_str()).size());
  EXPECT_EQ(text.data(), text.c_str());
}

TEST(Text, HoldsTheLargestNumbers) {
  Text<64> text;
  text << ~std::uint64_t{0} << " " << Hex{~std::uint64_t{0}};
  EXPECT_STREQ(text.c_str(), "18446744073709551615 0xffffffffffffffff");
}

TEST(Text, CutsWhatDoesNotFitAndStaysTerminated) {
  Text<8> text;
  text << "1234567";
  EXPECT_STREQ(text.c_str(), "1234567");
  text << "8" << 9u;
  EXPECT_STREQ(text.c_str(), "1234567");
  EXPECT_EQ(text.size(), 7u);
  Text<8> long_text;
  long_text << "123456789012345678901234567890";
  EXPECT_STREQ(long_text.c_str(), "1234567");
}

// ---- contract ----

TEST(Contract, HandlerReceivesTheMessage) {
  EXPECT_EQ(fatal_message([] { fatal("lost"); }), "lost");
}

TEST(Contract, CaughtMessageIsEmptyWhenNothingWasFatal) {
  EXPECT_EQ(fatal_message([] {}), "");
}

TEST(Contract, RequireIsFatalExactlyWhenItsConditionIsFalse) {
  EXPECT_EQ(fatal_message([] { ARN_REQUIRE(1 + 1 == 2, "arithmetic"); }), "");
  EXPECT_EQ(fatal_message([] { ARN_REQUIRE(1 + 1 == 3, "arithmetic"); }), "arithmetic");
}

TEST(Contract, AssertNamesItsConditionAndIsOffUnderNdebug) {
  int evaluated = 0;
  const std::string message = fatal_message([&] { ARN_ASSERT(++evaluated == 0); });
#ifdef NDEBUG
  EXPECT_EQ(message, "");
  EXPECT_EQ(evaluated, 0);
#else
  EXPECT_EQ(message, "assertion failed: ++evaluated == 0");
  EXPECT_EQ(evaluated, 1);
#endif
  EXPECT_EQ(fatal_message([] { ARN_ASSERT(true); }), "");
}

void ignore_message(const char*) {}

TEST(Contract, SettingAHandlerReturnsTheFormerOne) {
  const FatalHandler standard = set_fatal_handler(ignore_message);
  EXPECT_NE(standard, ignore_message);
  EXPECT_EQ(set_fatal_handler(nullptr), ignore_message);
  EXPECT_EQ(set_fatal_handler(standard), standard) << "null restores the standard handler";
}

TEST(ContractDeathTest, StandardHandlerWritesOneLineAndAborts) {
  EXPECT_EXIT(fatal("the roof fell in"), testing::KilledBySignal(SIGABRT),
              "^arenite: the roof fell in\n$");
}

TEST(ContractDeathTest, ProcessAbortsEvenIfTheHandlerReturns) {
  EXPECT_EXIT(
      {
        set_fatal_handler(ignore_message);
        fatal("unheard");
      },
      testing::KilledBySignal(SIGABRT), "^$");
}

}  // namespace
}  // namespace arenite
