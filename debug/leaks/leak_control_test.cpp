// SPDX-License-Identifier: MIT
#include "debug/leaks/leak_control.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

BlockFacts block(Address begin, std::uint64_t serial) {
  BlockFacts facts;
  facts.begin = begin;
  facts.serial = serial;
  return facts;
}

bool region_known(Region region) {
  for (std::size_t i = 0; i < kMaxRootRegions; ++i)
    if (root_region(i).begin == region.begin && root_region(i).end == region.end) return true;
  return false;
}

TEST(LeakControl, disabling_nests_and_is_each_threads_own) {
  EXPECT_FALSE(leaks_disabled());
  disable_leaks();
  disable_leaks();
  EXPECT_TRUE(enable_leaks());
  EXPECT_TRUE(leaks_disabled());
  std::thread([] { EXPECT_FALSE(leaks_disabled()); }).join();
  EXPECT_TRUE(enable_leaks());
  EXPECT_FALSE(leaks_disabled());
  EXPECT_FALSE(enable_leaks());
}

TEST(LeakControl, a_block_is_ignored_by_its_serial) {
  EXPECT_FALSE(block_ignored(block(0x1000, 1)));
  EXPECT_TRUE(ignore_block(block(0x1000, 1)));
  EXPECT_TRUE(ignore_block(block(0x1000, 1)));
  EXPECT_TRUE(block_ignored(block(0x1000, 1)));
  EXPECT_FALSE(block_ignored(block(0x1000, 2)));
  EXPECT_FALSE(block_ignored(block(0x2000, 1)));
  EXPECT_TRUE(ignore_block(block(0x1000, 3)));
  EXPECT_TRUE(block_ignored(block(0x1000, 3)));
  EXPECT_FALSE(block_ignored(block(0x1000, 1)));
  forget_ignored_block(block(0x1000, 3));
  forget_ignored_block(block(0x1000, 3));
  EXPECT_FALSE(block_ignored(block(0x1000, 3)));
}

/// Before the table was ever full, for then no place is free again and each search goes round.
TEST(LeakControl, blocks_that_fall_on_one_place_are_all_found) {
  std::vector<BlockFacts> blocks;
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < kMaxIgnoredBlocks / 2; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    blocks.push_back(block(state >> 17 & ~Address{15}, 7));
    ASSERT_TRUE(ignore_block(blocks.back()));
  }
  for (const BlockFacts& facts : blocks) {
    EXPECT_TRUE(block_ignored(facts));
    forget_ignored_block(facts);
    EXPECT_FALSE(block_ignored(facts));
  }
}

TEST(LeakControl, the_table_of_ignored_blocks_fills_and_empties) {
  for (std::size_t i = 0; i < kMaxIgnoredBlocks; ++i)
    ASSERT_TRUE(ignore_block(block(0x100000 + i * 16, 7))) << i;
  EXPECT_FALSE(ignore_block(block(0x10, 7)));
  forget_ignored_block(block(0x100000 + 160, 7));
  EXPECT_TRUE(ignore_block(block(0x10, 7)));
  EXPECT_TRUE(block_ignored(block(0x10, 7)));
  EXPECT_FALSE(block_ignored(block(0x100000 + 160, 7)));
  forget_ignored_block(block(0x10, 7));
  for (std::size_t i = 0; i < kMaxIgnoredBlocks; ++i)
    forget_ignored_block(block(0x100000 + i * 16, 7));
  EXPECT_TRUE(ignore_block(block(0x20, 7)));
  forget_ignored_block(block(0x20, 7));
}

TEST(LeakControl, root_regions_come_and_go) {
  EXPECT_FALSE(add_root_region({0x2000, 0x2000}));
  EXPECT_TRUE(add_root_region({0x1000, 0x2000}));
  EXPECT_TRUE(region_known({0x1000, 0x2000}));
  EXPECT_FALSE(remove_root_region({0x1000, 0x3000}));
  EXPECT_TRUE(remove_root_region({0x1000, 0x2000}));
  EXPECT_FALSE(region_known({0x1000, 0x2000}));
  EXPECT_FALSE(remove_root_region({0x1000, 0x2000}));
  for (std::size_t i = 0; i < kMaxRootRegions; ++i)
    ASSERT_TRUE(add_root_region({0x1000, 0x2000 + i}));
  EXPECT_FALSE(add_root_region({0x1000, 0x9000}));
  for (std::size_t i = 0; i < kMaxRootRegions; ++i)
    ASSERT_TRUE(remove_root_region({0x1000, 0x2000 + i}));
}

TEST(LeakControl, threads_share_the_tables) {
  std::vector<std::thread> threads;
  for (Address t = 1; t <= 4; ++t)
    threads.emplace_back([t] {
      for (Address i = 0; i < 2000; ++i) {
        const BlockFacts mine = block(t << 32 | i << 4, i);
        ASSERT_TRUE(ignore_block(mine));
        ASSERT_TRUE(block_ignored(mine));
        forget_ignored_block(mine);
        ASSERT_FALSE(block_ignored(mine));
        const Region region{t << 32, (t << 32) + 1 + i};
        ASSERT_TRUE(add_root_region(region));
        ASSERT_TRUE(remove_root_region(region));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace arenite
