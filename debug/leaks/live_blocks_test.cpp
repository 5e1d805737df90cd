// SPDX-License-Identifier: MIT
#include "debug/leaks/live_blocks.hpp"

#include <cstdint>

#include <gtest/gtest.h>

#include "debug/leaks/fake_blocks.hpp"

namespace arenite {
namespace {

/// For each byte around each block whether `find` says what the list says.
void check_all(const LiveBlocks& blocks, const FakeBlocks& fake) {
  ASSERT_EQ(blocks.count(), fake.count());
  for (std::size_t i = 0; i < fake.count(); ++i) {
    const BlockFacts& facts = fake.facts(i);
    const std::size_t size = facts.size == 0 ? 1 : facts.size;
    for (const std::size_t offset : {std::size_t{0}, size / 2, size - 1}) {
      const std::uint32_t found = blocks.find(facts.begin + offset);
      ASSERT_NE(found, LiveBlocks::kNoBlock) << i << " at " << offset;
      ASSERT_EQ(blocks[found].begin, facts.begin);
      ASSERT_EQ(blocks[found].allocated, facts.allocated);
    }
    const std::uint32_t behind = blocks.find(facts.begin + size);
    if (behind != LiveBlocks::kNoBlock) {
      ASSERT_NE(blocks[behind].begin, facts.begin);
    }
  }
}

void allocate_mixed(FakeBlocks& fake) {
  std::uint32_t state = 1;
  for (StackId i = 0; i < 3000; ++i) {
    state = state * 1664525 + 1013904223;
    const std::size_t size = i % 100 == 0 ? state >> 18 : (state >> 24) % 90;
    fake.allocate(size, i + 1, i % 7 == 0 ? state >> 30 : 0);
  }
}

TEST(LiveBlocks, find_what_points_into_a_block_and_nothing_else) {
  FakeBlocks fake(8 << 20, 4000);
  allocate_mixed(fake);
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build(fake.map(), nullptr, nullptr));
  EXPECT_FALSE(blocks.incomplete());
  check_all(blocks, fake);
  for (const Address word : {Address{0}, ~Address{0}, fake.facts(0).begin - 1, Address{1} << 47,
                             fake.facts(0).begin | Address{1} << 63})
    EXPECT_EQ(blocks.find(word), LiveBlocks::kNoBlock);
}

TEST(LiveBlocks, do_not_mind_the_order_of_heaps) {
  FakeBlocks fake(8 << 20, 4000);
  allocate_mixed(fake);
  fake.swap_halves();
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build(fake.map(), nullptr, nullptr));
  EXPECT_FALSE(blocks.incomplete());
  check_all(blocks, fake);
}

TEST(LiveBlocks, none_at_all) {
  FakeBlocks fake(4096, 1);
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build(fake.map(), nullptr, nullptr));
  EXPECT_EQ(blocks.count(), 0u);
  EXPECT_EQ(blocks.find(fake.left_out()[0].begin), LiveBlocks::kNoBlock);
}

TEST(LiveBlocks, across_several_tables_and_far_apart) {
  FakeBlocks fake(std::size_t{5} << 30, 4);
  fake.allocate(100, 1);
  fake.allocate(std::size_t{3} << 30, 2);
  fake.allocate(0, 3);
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build(fake.map(), nullptr, nullptr));
  check_all(blocks, fake);
  for (std::size_t offset = 0; offset < std::size_t{3} << 30; offset += 99'999'997)
    ASSERT_EQ(blocks.find(fake.facts(1).begin + offset), 1u);
  EXPECT_EQ(blocks.bytes(), (std::uint64_t{3} << 30) + 100);
}

TEST(LiveBlocks, ignored_ones_are_reached_from_the_beginning) {
  FakeBlocks fake(1 << 20, 8);
  for (StackId i = 0; i < 8; ++i) fake.allocate(16, i);
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build(
      fake.map(), [](void*, const BlockFacts& facts) { return facts.allocated % 2 == 0; },
      nullptr));
  for (std::uint32_t i = 0; i < 8; ++i)
    EXPECT_EQ(blocks[i].mark, i % 2 == 0 ? LeakMark::reached : LeakMark::unreached);
}

struct Changing {
  unsigned looks = 0;
  static void each(void* self, void (*visit)(void* visitor, const BlockFacts& facts),
                   void* visitor) {
    auto& changing = *static_cast<Changing*>(self);
    BlockFacts facts;
    facts.begin = 0x10000;
    facts.size = 64;
    visit(visitor, facts);
    facts.begin = 0x7000'0000'0000;
    if (++changing.looks == 2) visit(visitor, facts);
  }
};

TEST(LiveBlocks, that_came_meanwhile_are_told) {
  Changing changing;
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build({&changing, nullptr, &Changing::each}, nullptr, nullptr));
  EXPECT_TRUE(blocks.incomplete());
  EXPECT_EQ(blocks.count(), 1u);
  EXPECT_EQ(blocks.find(0x10020), 0u);
}

TEST(LiveBlocks, that_cannot_be_are_told) {
  const auto each = [](void*, void (*visit)(void* visitor, const BlockFacts& facts),
                       void* visitor) {
    BlockFacts facts;
    facts.begin = 0x10000;
    facts.size = ~std::size_t{0};
    visit(visitor, facts);
    facts.begin = Address{1} << 60;
    facts.size = 1;
    visit(visitor, facts);
  };
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build({nullptr, nullptr, each}, nullptr, nullptr));
  EXPECT_TRUE(blocks.incomplete());
  EXPECT_EQ(blocks.count(), 0u);
  EXPECT_EQ(blocks.find(0x10000), LiveBlocks::kNoBlock);
}

TEST(LiveBlocks, up_to_where_user_memory_ends_are_listed_and_beyond_are_told) {
  struct Last {
    std::size_t size;
    static void each(void* self, void (*visit)(void* visitor, const BlockFacts& facts),
                     void* visitor) {
      BlockFacts facts;
      facts.begin = (Address{1} << 47) - 4096;
      facts.size = static_cast<const Last*>(self)->size;
      visit(visitor, facts);
    }
  };
  for (const std::size_t size : {4095u, 4096u, 8000u}) {
    Last last{size};
    LiveBlocks blocks;
    ASSERT_TRUE(blocks.build({&last, nullptr, &Last::each}, nullptr, nullptr));
    EXPECT_EQ(blocks.incomplete(), size != 4095) << size;
    EXPECT_EQ(blocks.count(), size == 4095 ? 1u : 0u) << size;
  }
}

TEST(LiveBlocks, that_overlap_are_told) {
  const auto each = [](void*, void (*visit)(void* visitor, const BlockFacts& facts),
                       void* visitor) {
    BlockFacts facts;
    facts.size = 64;
    for (const Address begin : {Address{0x10000}, Address{0x10020}}) {
      facts.begin = begin;
      visit(visitor, facts);
    }
  };
  LiveBlocks blocks;
  ASSERT_TRUE(blocks.build({nullptr, nullptr, each}, nullptr, nullptr));
  EXPECT_TRUE(blocks.incomplete());
}

}  // namespace
}  // namespace arenite
