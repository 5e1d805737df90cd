// SPDX-License-Identifier: MIT
#include "geometry/size_classes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

/// Whether `reciprocal` divides every offset below `limit` by `bytes`, and tells multiples.
bool divides(std::uint32_t reciprocal, std::uint32_t bytes, std::size_t limit) {
  for (std::uint32_t offset = 0; offset < limit; ++offset) {
    if ((std::uint64_t{offset} * reciprocal) >> 32 != offset / bytes) return false;
    if ((offset * reciprocal < reciprocal) != (offset % bytes == 0)) return false;
  }
  return true;
}

template <class G>
class SizeClassesTest : public testing::Test {};
using Geometries = testing::Types<Production, Classic, Tiny>;
TYPED_TEST_SUITE(SizeClassesTest, Geometries);

TYPED_TEST(SizeClassesTest, EveryRequestGetsTheSmallestBlockThatHoldsIt) {
  using Classes = SizeClasses<TypeParam>;
  const auto& blocks = TypeParam::kBlockBytes;
  for (std::size_t size = 0; size <= Classes::kSmallLimit; ++size) {
    const auto expected = std::lower_bound(blocks.begin(), blocks.end(), size) - blocks.begin();
    ASSERT_EQ(Classes::class_of(size).value, expected) << "request of " << size;
    ASSERT_EQ(Classes::array_offset(size),
              Classes::kFacts[static_cast<std::size_t>(expected)].first_line * kLineBytes);
  }
}

TYPED_TEST(SizeClassesTest, ReciprocalDividesEveryOffsetAndTellsMultiples) {
  using Classes = SizeClasses<TypeParam>;
  for (const ClassFacts& facts : Classes::kFacts)
    EXPECT_TRUE(divides(facts.reciprocal, facts.block_bytes, TypeParam::kPoolBytes))
        << "blocks of " << facts.block_bytes;
}

TYPED_TEST(SizeClassesTest, ReciprocalOneLessDoesNotDivide) {
  using Classes = SizeClasses<TypeParam>;
  for (const ClassFacts& facts : Classes::kFacts) {
    if (facts.capacity < 2) continue;
    EXPECT_FALSE(divides(facts.reciprocal - 1, facts.block_bytes, TypeParam::kPoolBytes))
        << "blocks of " << facts.block_bytes;
  }
}

TYPED_TEST(SizeClassesTest, PoolHoldsAsManyBlocksAsFit) {
  using Classes = SizeClasses<TypeParam>;
  for (const ClassFacts& facts : Classes::kFacts) {
    const std::size_t used = std::size_t{facts.capacity} * facts.block_bytes;
    EXPECT_LE(used, TypeParam::kPoolBytes);
    EXPECT_GT(used + facts.block_bytes, TypeParam::kPoolBytes);
    EXPECT_GE(facts.words * 64u, facts.capacity);
    EXPECT_LT((facts.words - 1) * 64u, facts.capacity);
    EXPECT_LE(facts.words, Classes::kBitmapWords);
  }
}

TYPED_TEST(SizeClassesTest,
           ArraysFollowEachOtherWithoutOverlapBehindTheEmptyOneAndTheAttachedPools) {
  using Classes = SizeClasses<TypeParam>;
  std::size_t next_line = 1 + divide_up(4 * Classes::kCount, kLineBytes);
  for (const ClassFacts& facts : Classes::kFacts) {
    EXPECT_EQ(facts.first_line, next_line);
    const std::size_t lines = TypeParam::array_lines(facts.block_bytes);
    EXPECT_EQ(kArrayHeaderBytes + std::size_t{facts.slots} * 8, lines * kLineBytes);
    next_line += lines;
  }
  EXPECT_EQ(Classes::kLines, next_line);
  EXPECT_LE(Classes::kLines, 256u);
}

TYPED_TEST(SizeClassesTest, ClassOfLineIsTheInverseOfFirstLine) {
  using Classes = SizeClasses<TypeParam>;
  std::array<bool, 256> begins{};
  for (std::size_t i = 0; i < Classes::kCount; ++i) {
    EXPECT_EQ(Classes::kClassOfLine[Classes::kFacts[i].first_line], i);
    begins[Classes::kFacts[i].first_line] = true;
  }
  for (std::size_t line = 0; line < 256; ++line)
    EXPECT_EQ(Classes::kClassOfLine[line] == kNoClass, !begins[line]) << line;
  EXPECT_EQ(Classes::kClassOfLine[0], kNoClass) << "class byte 0 is no class";
}

TYPED_TEST(SizeClassesTest, AlignedRequestGetsTheSmallestClassOfMultiples) {
  using Classes = SizeClasses<TypeParam>;
  const auto& blocks = TypeParam::kBlockBytes;
  for (std::size_t alignment = 1; alignment <= 4 * Classes::kSmallLimit; alignment *= 2) {
    for (std::size_t size = 0; size <= Classes::kSmallLimit + 1; size += size < 600 ? 1 : 61) {
      const auto expected = std::find_if(blocks.begin(), blocks.end(), [&](std::uint32_t bytes) {
        return bytes >= size && bytes % alignment == 0;
      });
      const SizeClass got = Classes::class_of(size, alignment);
      if (expected == blocks.end()) {
        ASSERT_EQ(got.value, kNoClass) << size << " at " << alignment;
      } else {
        ASSERT_EQ(got.value, expected - blocks.begin()) << size << " at " << alignment;
      }
    }
  }
}

// M4: small objects of up to 512 bytes, spaced 8 bytes.
TEST(ClassicTest, WholeTableOf512RequestsIsThatOfTheMemoryModel) {
  using Classes = SizeClasses<Classic>;
  ASSERT_EQ(Classes::kSmallLimit, 512u);
  ASSERT_EQ(Classes::kCount, 64u);
  for (std::size_t request = 1; request <= 512; ++request) {
    const SizeClass size_class = Classes::class_of(request);
    EXPECT_EQ(size_class.value, (request - 1) / 8) << request;
    EXPECT_EQ(Classes::facts(size_class).block_bytes, (request + 7) / 8 * 8) << request;
  }
  EXPECT_EQ(Classes::class_of(1).value, 0);
  EXPECT_EQ(Classes::class_of(8).value, 0);
  EXPECT_EQ(Classes::class_of(9).value, 1);
  EXPECT_EQ(Classes::class_of(505).value, 63);
  EXPECT_EQ(Classes::class_of(512).value, 63);
}

// M5, M6: pools of 4 KiB, 64 of them in an arena of 256 KiB.
TEST(ClassicTest, PoolsAndArenasHaveTheSizesOfTheMemoryModel) {
  EXPECT_EQ(Classic::kPoolBytes, 4096u);
  EXPECT_EQ(kArenaPools, 64u);
  EXPECT_EQ(kArenaBytes<Classic>, 256u << 10);
  EXPECT_EQ(SizeClasses<Classic>::facts(SizeClass{0}).capacity, 512);
}

TEST(ProductionTest, RoundingLosesAtMostAnEighthAbove128Bytes) {
  using Classes = SizeClasses<Production>;
  ASSERT_EQ(Classes::kSmallLimit, 32u << 10);
  for (std::size_t size = 129; size <= Classes::kSmallLimit; ++size) {
    const std::size_t block = Classes::facts(Classes::class_of(size)).block_bytes;
    ASSERT_LE((block - size) * 8, size) << "request of " << size << " gets " << block;
  }
}

TEST(ProductionTest, EveryBlockIsAlignedTo16) {
  for (const std::uint32_t bytes : Production::kBlockBytes) EXPECT_EQ(bytes % 16, 0u);
}

TEST(ProductionTest, ArraysOfAThreadTakeLessThan16KiB) {
  EXPECT_LT(SizeClasses<Production>::kLines * kLineBytes, 16u << 10);
}

// What a thread holds back is decided here: a change is meant, and is measured.
TEST(ProductionTest, ArraysHaveTheirLengthsUpToTheseBlocks) {
  constexpr std::array<std::pair<std::uint32_t, std::size_t>, 9> kExpected{{{16, 9},
                                                                            {128, 9},
                                                                            {144, 4},
                                                                            {512, 4},
                                                                            {576, 3},
                                                                            {1024, 3},
                                                                            {1152, 2},
                                                                            {4096, 2},
                                                                            {4608, 1}}};
  for (const auto& [bytes, lines] : kExpected)
    EXPECT_EQ(Production::array_lines(bytes), lines) << bytes;
}

TEST(TinyTest, ItsLargestBitmapHasMoreThanOneWord) {
  EXPECT_EQ(SizeClasses<Tiny>::kBitmapWords, 2u);
}

}  // namespace
}  // namespace arenite
