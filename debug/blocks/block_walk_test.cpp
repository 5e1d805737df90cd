// SPDX-License-Identifier: MIT
// The walk says of every block what a search for its address says, and adds up to the statistics.
#include <set>

#include "debug/blocks/walk_fixture.hpp"

namespace arenite {
namespace {

template <class G>
class BlockWalkTest : public WalkFixture<G> {
 protected:
  void SetUp() override {
    WalkFixture<G>::SetUp();
    this->fill();
    ASSERT_TRUE(this->audit().only({}));
  }
};
TYPED_TEST_SUITE(BlockWalkTest, AuditedGeometries);

BlockUse block_use_of(Use use) {
  return use == Use::live_block || use == Use::span ? BlockUse::live
         : use == Use::free_block                   ? BlockUse::free
         : use == Use::held_block                   ? BlockUse::held
                                                    : BlockUse::uncarved;
}

TYPED_TEST(BlockWalkTest, each_pool_once) {
  std::uint32_t next = 0;
  for (const WalkedPool& pool : this->walk()) {
    EXPECT_EQ(pool.index, next);
    EXPECT_EQ(pool.begin, this->plan().user(next));
    EXPECT_NE(pool.use, PoolUse::unclear);
    next += pool.pools;
  }
  EXPECT_EQ(next, this->plan().pool_count);
}

TYPED_TEST(BlockWalkTest, a_pool_of_no_class_is_unclear) {
  const std::uint32_t full = this->find(PoolState::full);
  ASSERT_NE(full, this->kNobody);
  for (const std::uint32_t none : {this->plan().root.class_count, kMaxClasses, 255u}) {
    this->pool(full).size_class.store(static_cast<std::uint8_t>(none));
    for (const WalkedPool& pool : this->walk())
      EXPECT_EQ(pool.use == PoolUse::unclear, pool.index == full) << none;
  }
}

TYPED_TEST(BlockWalkTest, agrees_with_a_search_for_each_block) {
  const OwnMemory memory;
  const Locator<OwnMemory> locator(memory, this->plan());
  std::set<BlockUse> seen;
  for (const WalkedPool& pool : this->walk()) {
    if (is_free(pool.use)) {
      EXPECT_EQ(locator.locate(pool.begin).use, Use::free_pool);
    }
    std::uint32_t live = 0;
    pool.each_block([&](const WalkedBlock& block) {
      const Location found = locator.locate(block.begin);
      ASSERT_EQ(block.use, block_use_of(found.use)) << block.begin;
      EXPECT_NE(found.use, Use::free_pool);
      EXPECT_EQ(block.begin, found.begin);
      EXPECT_EQ(block.bytes, found.bytes);
      EXPECT_EQ(block.pool, found.pool);
      EXPECT_EQ(block.index, found.block);
      seen.insert(block.use);
      live += block.use == BlockUse::live ? 1 : 0;
    });
    EXPECT_EQ(live, pool.live);
    const std::uint32_t capacity = has_blocks(pool.use) ? pool.capacity : pool.live;
    EXPECT_EQ(pool.live + pool.free + pool.held, capacity);
  }
  EXPECT_EQ(seen.size(), 4u) << "the heap has blocks of every kind";
}

TYPED_TEST(BlockWalkTest, lists_the_live_blocks_alone) {
  std::set<Address> listed, expected;
  for (const WalkedPool& pool : this->walk()) {
    pool.each_live([&](const WalkedBlock& block) { listed.insert(block.begin); });
    pool.each_block([&](const WalkedBlock& block) {
      if (block.use == BlockUse::live) expected.insert(block.begin);
    });
  }
  EXPECT_EQ(listed, expected);
  EXPECT_TRUE(listed.contains(reinterpret_cast<Address>(this->span_)));
  EXPECT_TRUE(listed.contains(reinterpret_cast<Address>(this->small_.back())));
  void* gone = this->other_.front();
  EXPECT_TRUE(listed.contains(reinterpret_cast<Address>(gone)));
  this->free(gone, this->second_);
  for (const WalkedPool& pool : this->walk())
    pool.each_live(
        [&](const WalkedBlock& block) { EXPECT_NE(block.begin, reinterpret_cast<Address>(gone)); });
}

TYPED_TEST(BlockWalkTest, adds_up_to_the_statistics) {
  std::uint64_t live = 0, bytes = 0, spans = 0;
  for (const WalkedPool& pool : this->walk()) {
    bytes += pool.live_bytes();
    (pool.use == PoolUse::span ? spans : live) += pool.live;
  }
  std::uint64_t expected = 0;
  for (const ClassStatistics& of : this->statistics().classes) expected += of.live;
  EXPECT_EQ(live, expected);
  EXPECT_EQ(spans, this->statistics().spans);
  EXPECT_EQ(bytes, this->statistics().live_bytes());
}

}  // namespace
}  // namespace arenite
