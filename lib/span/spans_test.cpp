// SPDX-License-Identifier: MIT
#include "span/spans.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

template <class G>
class SpansTest : public testing::Test {
 protected:
  using Pages = typename FakeRange<G>::Pages;
  static constexpr std::size_t kPool = G::kPoolBytes;
  static constexpr std::size_t kArena = kArenaBytes<G>;

  /// A span of whole pools; kNone if it cannot be had.
  std::uint32_t take(std::size_t pools, std::size_t alignment = kPool) {
    return spans.take(pools * kPool, alignment).first.value;
  }
  void give(std::uint32_t first) { spans.give(PoolIndex{first}); }
  bool resize(std::uint32_t first, std::size_t pools) {
    return spans.resize(PoolIndex{first}, pools * kPool);
  }
  std::string findings() const { return arena_findings<G>(range.root); }
  Address address(std::uint32_t pool) const { return range.tables.pool_address(PoolIndex{pool}); }
  PoolDescriptor<Native>& pool(std::uint32_t index) { return range.tables.pool(PoolIndex{index}); }
  bool is_free(std::uint32_t index) {
    return (range.tables.arena(ArenaIndex{index / kArenaPools}).free_pools >>
                (index % kArenaPools) &
            1) != 0;
  }

  FakeRange<G> range;
  Spans<G, Pages> spans{range.root, range.pages};
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(SpansTest, Geometries);

// ---- placement ----

TYPED_TEST(SpansTest, SpanTakesAsManyPoolsAsItsBytesNeed) {
  const std::size_t pool = TypeParam::kPoolBytes;
  const std::pair<std::size_t, std::uint32_t> table[] = {
      {1, 1}, {pool - 1, 1}, {pool, 1}, {pool + 1, 2}, {5 * pool, 5}, {5 * pool + 1, 6}};
  for (const auto& [bytes, pools] : table) {
    const std::uint32_t before = this->range.root.used_pools;
    const auto taken = this->spans.take(bytes, pool);
    ASSERT_NE(taken.first.value, kNone);
    EXPECT_EQ(this->range.root.used_pools, before + pools) << bytes;
    EXPECT_EQ(this->pool(taken.first.value).span_pools, pools);
    EXPECT_EQ(this->pool(taken.first.value).span_bytes, round_up(bytes, TypeParam::kPageBytes));
  }
}

TYPED_TEST(SpansTest, FirstAndLastPoolSayWhatTheyAre) {
  const std::uint32_t one = this->take(1), four = this->take(4);
  EXPECT_EQ(this->pool(one).state, PoolState::span);
  EXPECT_EQ(this->pool(four).state, PoolState::span);
  EXPECT_EQ(this->pool(four + 3).state, PoolState::span_end);
  EXPECT_EQ(this->pool(four + 3).span_pools, 4u);
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_EQ(this->range.tables.class_byte(PoolIndex{four + i}), 0);
  this->give(one);
  this->give(four);
  for (const std::uint32_t index : {one, four, four + 3})
    EXPECT_EQ(this->pool(index).state, PoolState::free);
}

TYPED_TEST(SpansTest, SpanBeginsAtItsAlignmentUpToTheWholeRange) {
  for (std::size_t alignment = 1; alignment <= 4 * this->kArena; alignment *= 2) {
    FakeRange<TypeParam> own(8);
    Spans<TypeParam, typename FakeRange<TypeParam>::Pages> own_spans(own.root, own.pages);
    own_spans.take(1, TypeParam::kPoolBytes);  // so that the first arena's first pool is not free
    for (const std::size_t pools : {1u, 3u, 70u}) {
      const auto taken = own_spans.take(pools * TypeParam::kPoolBytes, alignment);
      // Two multiples of four arenas lie in a range of eight; the first may lie at its used pool.
      if (taken.first.value == kNone) {
        EXPECT_GE(alignment, 2 * this->kArena) << pools << " pools";
        continue;
      }
      EXPECT_EQ(own.tables.pool_address(taken.first) % alignment, 0u)
          << pools << " pools at " << alignment;
    }
    EXPECT_EQ(arena_findings<TypeParam>(own.root), "");
  }
}

TYPED_TEST(SpansTest, AlignmentOfTwoArenasIsFoundInAnEmptyRange) {
  FakeRange<TypeParam> own(8);
  Spans<TypeParam, typename FakeRange<TypeParam>::Pages> own_spans(own.root, own.pages);
  for (int i = 0; i < 3; ++i) {
    const auto taken = own_spans.take(1, 2 * this->kArena);
    ASSERT_NE(taken.first.value, kNone) << i;
    EXPECT_EQ(own.tables.pool_address(taken.first) % (2 * this->kArena), 0u);
  }
}

TYPED_TEST(SpansTest, AlignmentBeyondTheRangeIsRefused) {
  EXPECT_EQ(this->spans.take(1, 8 * this->kArena).first.value, kNone);
  EXPECT_EQ(this->spans.take(1, std::size_t{1} << 63).first.value, kNone);
  EXPECT_EQ(this->range.root.used_pools, 0u);
}

TYPED_TEST(SpansTest, SmallestGapThatFitsInTheFullestArenaIsUsed) {
  std::vector<std::uint32_t> ones;
  for (int i = 0; i < 128; ++i) ones.push_back(this->take(1));
  for (const std::uint32_t pool : {0u, 1u, 2u, 3u, 64u, 65u, 66u}) this->give(pool);
  EXPECT_EQ(this->take(3), 64u) << "arena 1 has fewer free pools";
  EXPECT_EQ(this->take(3), 0u);
}

TYPED_TEST(SpansTest, PoolsWhosePagesAreStillThereArePreferred) {
  for (int i = 0; i < 64; ++i) this->take(1);
  for (const std::uint32_t pool : {4u, 5u}) this->give(pool);
  this->range.lists.purge(0);
  for (const std::uint32_t pool : {40u, 41u}) this->give(pool);
  EXPECT_EQ(this->take(2), 40u);
  EXPECT_EQ(this->take(2), 4u);
}

TYPED_TEST(SpansTest, SpanAcrossArenasBeginsAtAnArenaAndLeavesTheRestFree) {
  this->take(1);
  const std::uint32_t wide = this->take(kArenaPools + 10);
  EXPECT_EQ(wide, kArenaPools);
  EXPECT_EQ(this->pool(wide + kArenaPools + 9).state, PoolState::span_end);
  const std::uint32_t behind = this->take(kArenaPools - 10);
  EXPECT_EQ(behind, wide + kArenaPools + 10) << "the rest of its last arena serves others";
  this->give(wide);
  EXPECT_EQ(this->range.root.used_pools, 1 + kArenaPools - 10);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(SpansTest, FullRangeGivesNoneAndIsWholeAgainAfterwards) {
  for (int round = 0; round < 3; ++round) {
    std::vector<std::uint32_t> taken;
    for (std::uint32_t first; (first = this->take(5)) != kNone;) taken.push_back(first);
    EXPECT_EQ(taken.size(), 4u * (kArenaPools / 5));
    EXPECT_EQ(this->take(5), kNone);
    EXPECT_NE(this->take(4), kNone) << "four are left in each arena";
    EXPECT_EQ(this->findings(), "");
    for (std::uint32_t index = 0; index < 4 * kArenaPools; ++index)
      if (this->pool(index).state == PoolState::span) this->give(index);
    EXPECT_EQ(this->range.root.used_pools, 0u);
    EXPECT_EQ(this->findings(), "");
    const std::uint32_t whole = this->take(4 * kArenaPools);
    EXPECT_EQ(whole, 0u) << "everything is free again, in one piece";
    this->give(whole);
  }
}

TYPED_TEST(SpansTest, MoreThanTheRangeIsRefused) {
  EXPECT_EQ(this->take(4 * kArenaPools + 1), kNone);
  EXPECT_EQ(this->spans.take(~std::size_t{0}, 1).first.value, kNone);
  EXPECT_EQ(this->range.root.used_pools, 0u);
  EXPECT_NE(this->take(4 * kArenaPools), kNone);
}

TYPED_TEST(SpansTest, FreeArenasAtTheEndCountTowardsASpanThatNeedsMore) {
  this->give(this->take(1));
  ASSERT_EQ(this->range.tables.arena_count(), 1u);
  EXPECT_EQ(this->take(4 * kArenaPools), 0u) << "one free arena is there, three can be had";
}

TYPED_TEST(SpansTest, FreePoolsOfAnArenaAtTheEndCountNotUnlessAllAreFree) {
  this->take(1);
  EXPECT_EQ(this->take(4 * kArenaPools), kNone);
  EXPECT_EQ(this->take(3 * kArenaPools), kArenaPools);
}

TYPED_TEST(SpansTest, AlignedSpanUsesFreeArenasAtTheEndTogetherWithNewOnes) {
  ASSERT_TRUE(this->range.lists.extend(2));
  const std::size_t alignment = 2 * this->kArena;
  const std::uint32_t first = this->take(3 * kArenaPools, alignment);
  ASSERT_NE(first, kNone) << "of four arenas in a row, the first or second begins at a multiple";
  EXPECT_EQ(this->address(first) % alignment, 0u);
}

TYPED_TEST(SpansTest, OneGapAmongManyArenasIsFoundBeforeTheRangeCountsAsFull) {
  constexpr std::uint32_t kArenas = 40;
  FakeRange<TypeParam> own(kArenas);
  Spans<TypeParam, typename FakeRange<TypeParam>::Pages> own_spans(own.root, own.pages);
  for (std::uint32_t i = 0; i < kArenas * kArenaPools; ++i) own.lists.take_pool();
  // Two free pools in each arena; only in the first do they lie together. It stands last.
  own.lists.give(PoolIndex{8}, 2);
  for (std::uint32_t arena = 1; arena < kArenas; ++arena) {
    own.lists.give(PoolIndex{arena * kArenaPools + 8}, 1);
    own.lists.give(PoolIndex{arena * kArenaPools + 10}, 1);
  }
  EXPECT_EQ(own_spans.take(2 * TypeParam::kPoolBytes, 1).first, PoolIndex{8});
  EXPECT_EQ(own_spans.take(2 * TypeParam::kPoolBytes, 1).first, PoolIndex{kNone});
}

// ---- growing and shrinking in place ----

TYPED_TEST(SpansTest, SpanGrowsWhereItStandsIfThePoolsBehindAreFree) {
  const std::uint32_t span = this->take(2);
  EXPECT_TRUE(this->resize(span, 7));
  EXPECT_EQ(this->pool(span).span_pools, 7u);
  EXPECT_EQ(this->pool(span).span_bytes, 7 * TypeParam::kPoolBytes);
  EXPECT_EQ(this->pool(span + 6).state, PoolState::span_end);
  EXPECT_NE(this->pool(span + 1).state, PoolState::span_end);
  EXPECT_EQ(this->range.root.used_pools, 7u);
  EXPECT_EQ(this->take(1), span + 7);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(SpansTest, SpanWithAUsedPoolBehindStaysAsItIs) {
  const std::uint32_t span = this->take(2);
  this->take(1);
  EXPECT_FALSE(this->resize(span, 3));
  EXPECT_EQ(this->pool(span).span_pools, 2u);
  EXPECT_EQ(this->pool(span + 1).state, PoolState::span_end);
  EXPECT_EQ(this->range.root.used_pools, 3u);
}

TYPED_TEST(SpansTest, SpanGrowsIntoTheNextArenaButNotBeyondTheLast) {
  ASSERT_TRUE(this->range.lists.extend(2));
  const std::uint32_t span = this->take(60);
  ASSERT_EQ(span, 0u);
  EXPECT_TRUE(this->resize(span, 70));
  EXPECT_FALSE(this->is_free(69));
  EXPECT_TRUE(this->is_free(70));
  EXPECT_TRUE(this->resize(span, 2 * kArenaPools));
  EXPECT_FALSE(this->resize(span, 2 * kArenaPools + 1));
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(SpansTest, ShrinkingGivesThePoolsBehindBack) {
  const std::uint32_t span = this->take(6);
  EXPECT_TRUE(this->resize(span, 2));
  EXPECT_EQ(this->pool(span).span_pools, 2u);
  EXPECT_EQ(this->pool(span + 1).state, PoolState::span_end);
  EXPECT_EQ(this->pool(span + 5).state, PoolState::free);
  EXPECT_EQ(this->range.root.used_pools, 2u);
  EXPECT_TRUE(this->resize(span, 1));
  EXPECT_EQ(this->pool(span).state, PoolState::span);
  EXPECT_EQ(this->pool(span + 1).state, PoolState::free);
  EXPECT_EQ(this->take(5), span + 1);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(SpansTest, ResizingWithinTheLastPoolChangesTheBytesOnly) {
  const std::size_t page = TypeParam::kPageBytes, pool = TypeParam::kPoolBytes;
  const auto taken = this->spans.take(2 * pool, pool);
  EXPECT_TRUE(this->spans.resize(taken.first, pool + 1));
  EXPECT_EQ(this->pool(taken.first.value).span_bytes, pool + page);
  EXPECT_EQ(this->pool(taken.first.value).span_pools, 2u);
  EXPECT_EQ(this->range.root.used_pools, 2u);
}

// ---- contents ----

TYPED_TEST(SpansTest, OnlyPoolsUsedBeforeAreDirtyAndClearingZeroesThem) {
  const std::size_t bytes = 4 * TypeParam::kPoolBytes;
  auto taken = this->spans.take(bytes, 1);
  EXPECT_EQ(taken.dirty, 0u);
  auto* contents = reinterpret_cast<unsigned char*>(this->address(taken.first.value));
  std::memset(contents, 0xee, bytes);
  this->range.root.retain_pools = 1000;
  this->spans.give(taken.first);

  taken = this->spans.take(bytes + TypeParam::kPoolBytes, 1);
  ASSERT_EQ(this->address(taken.first.value), reinterpret_cast<Address>(contents));
  EXPECT_EQ(taken.dirty, 4u) << "of five";
  EXPECT_EQ(contents[0], 0xee);
  this->spans.clear(taken, bytes);
  EXPECT_EQ(std::count(contents, contents + bytes, 0), static_cast<std::ptrdiff_t>(bytes));
  this->spans.give(taken.first);

  this->range.lists.purge(0);
  taken = this->spans.take(bytes, 1);
  EXPECT_EQ(taken.dirty, 0u);
  EXPECT_EQ(std::count(contents, contents + bytes, 0), static_cast<std::ptrdiff_t>(bytes));
}

TYPED_TEST(SpansTest, ClearingTouchesNothingBeforeAndBehindTheDirtyPools) {
  const std::size_t pool = TypeParam::kPoolBytes;
  // Across two arenas: dirty are the last two pools of the first and the first of the second.
  const std::uint32_t pools = 2 * kArenaPools, first = kArenaPools - 2;
  this->range.root.retain_pools = 10'000;
  const PoolIndex begin = this->spans.take(pools * pool, 1).first;
  ASSERT_TRUE(this->spans.resize(begin, (first + 3) * pool));
  this->range.lists.purge(0);
  ASSERT_TRUE(this->spans.resize(begin, first * pool));
  this->spans.give(begin, first * pool);
  ASSERT_EQ(this->range.root.dirty_pools, 3u);

  const auto taken = this->spans.take(pools * pool - 1, 1);
  ASSERT_EQ(taken.first.value, begin.value);
  EXPECT_EQ(taken.dirty, 3u);
  EXPECT_EQ(taken.dirty_begin, first);
  EXPECT_EQ(taken.dirty_end, first + 3);
  // What clean pools hold in this test tells whether anybody wrote there.
  auto* contents = reinterpret_cast<unsigned char*>(this->address(begin.value));
  std::memset(contents, 0x77, pools * pool);
  this->spans.clear(taken, pools * pool - 1);
  EXPECT_EQ(std::count(contents, contents + pools * pool, 0),
            static_cast<std::ptrdiff_t>(3 * pool));
  EXPECT_EQ(std::count(contents + first * pool, contents + (first + 3) * pool, 0),
            static_cast<std::ptrdiff_t>(3 * pool));
}

TYPED_TEST(SpansTest, ClearingEndsWithTheBytesAskedFor) {
  const std::size_t pool = TypeParam::kPoolBytes;
  this->range.root.retain_pools = 1000;
  this->give(this->take(2));
  const auto taken = this->spans.take(pool + 5, 1);
  ASSERT_EQ(taken.dirty, 2u);
  auto* contents = reinterpret_cast<unsigned char*>(this->address(taken.first.value));
  std::memset(contents, 0x77, 2 * pool);
  this->spans.clear(taken, pool + 5);
  EXPECT_EQ(std::count(contents, contents + 2 * pool, 0), static_cast<std::ptrdiff_t>(pool + 5));
}

TYPED_TEST(SpansTest, WhosePagesMovedAwayIsCleanButForTheLastPool) {
  const std::size_t pool = TypeParam::kPoolBytes;
  const auto taken = this->spans.take(4 * pool, 1);
  this->spans.give(taken.first, 2 * pool + pool / 2);
  EXPECT_EQ(this->range.root.used_pools, 0u);
  EXPECT_EQ(this->range.root.dirty_pools, 2u);
  EXPECT_EQ(this->range.tables.arena(ArenaIndex{0}).dirty_pools, 0b1100u);
  EXPECT_EQ(this->findings(), "");
  this->spans.give(this->spans.take(2 * pool, 1).first);
  const auto all = this->spans.take(3 * pool, 1);
  this->spans.give(all.first, 3 * pool);
  EXPECT_EQ(this->range.root.dirty_pools, 1u) << "the fourth";
}

TYPED_TEST(SpansTest, PoolsWhosePagesCouldNotBeGivenBackCountAsDirty) {
  const std::uint32_t span = this->take(3);
  std::memset(reinterpret_cast<void*>(this->address(span)), 1, TypeParam::kPoolBytes);
  this->range.refuse(1000);
  this->give(span);
  this->range.lists.purge(0);
  this->range.allow();
  EXPECT_EQ(this->spans.take(3 * TypeParam::kPoolBytes, 1).dirty, 3u);
}

// ---- refusals, and everything together ----

TYPED_TEST(SpansTest, RefusedCommitGivesNoneAndChangesNothing) {
  this->range.refuse(1000);
  EXPECT_EQ(this->take(3), kNone);
  EXPECT_EQ(this->take(100), kNone);
  EXPECT_EQ(this->range.root.used_pools, 0u);
  EXPECT_EQ(this->findings(), "");
  this->range.allow();
  EXPECT_EQ(this->take(100), 0u);
}

TYPED_TEST(SpansTest, RandomSpansNeverOverlapAndAllComeBack) {
  std::mt19937 random(11);
  std::map<std::uint32_t, std::uint32_t> live;  // first pool -> pools
  std::uint32_t sum = 0;
  int refused = 0, grown = 0;
  for (int step = 0; step < 4000; ++step) {
    const unsigned what = static_cast<unsigned>(random() % 8);
    if (what < 4 || live.empty()) {
      const std::uint32_t pools =
          1 + static_cast<std::uint32_t>(random() % (random() % 4 ? 9 : 90));
      const std::uint32_t first = this->take(pools, TypeParam::kPoolBytes << random() % 5);
      if (first == kNone) {
        ++refused;
        continue;
      }
      const auto after = live.lower_bound(first);
      ASSERT_TRUE(after == live.end() || first + pools <= after->first) << "step " << step;
      if (after != live.begin()) {
        const auto before = std::prev(after);
        ASSERT_LE(before->first + before->second, first) << "step " << step;
      }
      live[first] = pools;
      sum += pools;
    } else {
      auto one = live.lower_bound(static_cast<std::uint32_t>(random() % (4 * kArenaPools)));
      if (one == live.end()) one = live.begin();
      if (what == 7) {
        const std::uint32_t pools = 1 + static_cast<std::uint32_t>(random() % 20);
        const auto next = std::next(one);
        const bool room = next == live.end() || one->first + pools <= next->first;
        const bool done = this->resize(one->first, pools);
        if (done) {
          ASSERT_TRUE(room) << "grew into a live span";
          if (pools > one->second) ++grown;
          sum = sum - one->second + pools;
          one->second = pools;
        } else {
          ASSERT_GT(pools, one->second) << "shrinking never fails";
        }
      } else {
        this->give(one->first);
        sum -= one->second;
        live.erase(one);
      }
    }
    ASSERT_EQ(this->range.root.used_pools, sum) << "step " << step;
    ASSERT_EQ(this->findings(), "") << "step " << step;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(grown, 0);
  for (const auto& [first, pools] : live) this->give(first);
  EXPECT_EQ(this->range.root.used_pools, 0u);
  EXPECT_EQ(this->take(4 * kArenaPools), 0u);
}

}  // namespace
}  // namespace arenite
