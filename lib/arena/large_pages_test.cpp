// SPDX-License-Identifier: MIT
// Which arenas are asked for in large pages, and what becomes of those that give pages back.
#include <vector>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

/// A range in which the third arena comes in large pages.
template <class G>
struct LargePagesAtTwo : G {
  static constexpr std::size_t kLargePagesFrom = 2 * kArenaBytes<G>;
};

template <class G>
class LargePagesTest : public testing::Test {
 protected:
  using Large = LargePagesAtTwo<G>;
  static constexpr std::size_t kArena = kArenaBytes<G>;

  Address at(std::uint32_t arena) const { return range.root.range.address + arena * kArena; }
  void take_all(std::uint32_t arenas) {
    for (std::uint32_t i = 0; i < arenas * kArenaPools; ++i) range.lists.take_pool();
  }
  ArenaDescriptor<Native>& arena(std::uint32_t index) {
    return range.tables.arena(ArenaIndex{index});
  }
  using Wish = FakeMemory::Wish;
  std::vector<Wish>& wishes() { return range.memory.wishes; }

  FakeRange<Large> range{8};
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(LargePagesTest, Geometries);

TYPED_TEST(LargePagesTest, AreAskedForFromSomeArenaOn) {
  this->take_all(2);
  EXPECT_TRUE(this->wishes().empty());
  this->take_all(1);
  ASSERT_EQ(this->wishes().size(), 1u);
  EXPECT_EQ(this->wishes()[0].at, this->at(2));
  EXPECT_EQ(this->wishes()[0].bytes, this->kArena);
  EXPECT_EQ(this->wishes()[0].size, PageSize::large);
  EXPECT_TRUE(this->range.lists.extend(3));
  EXPECT_EQ(this->wishes().back().at, this->at(3));
  EXPECT_EQ(this->wishes().back().bytes, 3 * this->kArena);
}

TYPED_TEST(LargePagesTest, AreAskedForInPartOfAStepThatBeginsBefore) {
  EXPECT_TRUE(this->range.lists.extend(4));
  ASSERT_EQ(this->wishes().size(), 1u);
  EXPECT_EQ(this->wishes()[0].at, this->at(2));
  EXPECT_EQ(this->wishes()[0].bytes, 2 * this->kArena);
}

TYPED_TEST(LargePagesTest, GoBackWithWhatTheyBroughtAlong) {
  this->range.root.retain_pools = 1000;
  this->take_all(2);
  for (int i = 0; i < 8; ++i) this->range.lists.take_pool();
  this->wishes().clear();
  this->range.lists.give(PoolIndex{2 * kArenaPools + 5}, 2);
  this->range.lists.give(PoolIndex{3}, 1);
  this->range.lists.purge(0);
  EXPECT_EQ(this->arena(0).decommitted_pools, 0b1000u);
  EXPECT_EQ(this->arena(2).decommitted_pools, this->arena(2).free_pools)
      << "those never used came with their neighbours";
  EXPECT_EQ(this->range.root.dirty_pools, 0u);
  // What is left of the arena would become whole again. Of the first nobody asked for large ones.
  ASSERT_EQ(this->wishes().size(), 1u);
  EXPECT_EQ(this->wishes()[0].at, this->at(2));
  EXPECT_EQ(this->wishes()[0].bytes, this->kArena);
  EXPECT_EQ(this->wishes()[0].size, PageSize::small);
}

TYPED_TEST(LargePagesTest, AreAskedForAnewWhenAWholeArenaGoesBack) {
  this->range.root.retain_pools = 1000;
  this->take_all(3);
  this->wishes().clear();
  this->range.lists.give(PoolIndex{2 * kArenaPools}, kArenaPools);
  this->range.lists.purge(1);
  ASSERT_EQ(this->wishes().size(), 1u);
  EXPECT_EQ(this->wishes()[0].size, PageSize::small) << "one pool stays";
  this->range.lists.purge(0);
  ASSERT_EQ(this->wishes().size(), 2u);
  EXPECT_EQ(this->wishes()[1].size, PageSize::large);
  EXPECT_EQ(this->arena(2).decommitted_pools, ~std::uint64_t{0});
}

TYPED_TEST(LargePagesTest, AnArenaComesInSmallPagesOnceOnesBetweenItsBlocksGoBack) {
  this->take_all(3);
  const std::size_t before = this->wishes().size();
  EXPECT_TRUE(
      this->range.lists.decommit_within(PoolIndex{2 * kArenaPools - 1}, 0, TypeParam::kPageBytes));
  EXPECT_EQ(this->wishes().size(), before) << "it has small ones";
  EXPECT_TRUE(
      this->range.lists.decommit_within(PoolIndex{2 * kArenaPools + 5}, 0, TypeParam::kPageBytes));
  ASSERT_EQ(this->wishes().size(), before + 1);
  EXPECT_EQ(this->wishes().back().at, this->at(2));
  EXPECT_EQ(this->wishes().back().bytes, this->kArena);
  EXPECT_EQ(this->wishes().back().size, PageSize::small);
  EXPECT_EQ(this->range.memory.decommits, 2u);
  EXPECT_EQ(this->range.root.decommits, 2u);
}

}  // namespace
}  // namespace arenite
