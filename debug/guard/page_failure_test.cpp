// SPDX-License-Identifier: MIT
// The kernel refuses: each call by its number, mappings, memory moves of a forked child.
#include "debug/guard/page_fake.hpp"

namespace arenite {
namespace {

template <class World>
using PageHeapRefused = PageHeapTest<World>;
TYPED_TEST_SUITE(PageHeapRefused, FakeWorlds);

TYPED_TEST(PageHeapRefused, AnyCallMayFailAndNothingIsLost) {
  for (std::uint64_t first = 1, refused = 1; refused != 0; ++first) {
    FakeKernel kernel;
    kernel.plan.first = first;
    PageHeap tried;
    this->settings.warm_blocks = 1;
    this->settings.reservation_bytes = std::size_t{4} << 20;
    if (!tried.open(this->settings, kernel.table())) continue;
    std::vector<Address> live;
    for (int round = 0; round < 3; ++round) {
      for (std::size_t size : Sizes{10, 5000, 20, 100000, 30}) {
        const auto block = reinterpret_cast<Address>(
            tried.allocate({size, 0, false, Family::malloc, 1}, this->why));
        EXPECT_EQ(block == 0, this->why != Decline::none);
        if (block == 0) continue;
        EXPECT_TRUE(kernel.accessible(block));
        EXPECT_TRUE(kernel.accessible(block + size - 1));
        EXPECT_FALSE(kernel.accessible(round_up(block + size, kPageBytes)));
        live.push_back(block);
      }
      EXPECT_EQ(tried.statistics().live_blocks, live.size());
      for (Address block : live) {
        EXPECT_EQ(tried.claim(block, this->facts, this->damage), ClaimVerdict::intact);
        const std::size_t unclosed = tried.statistics().unclosed_blocks;
        tried.free(block, 0, 0);
        EXPECT_EQ(kernel.accessible(block), tried.statistics().unclosed_blocks > unclosed);
      }
      live.clear();
      EXPECT_EQ(tried.statistics().live_blocks, 0u);
      EXPECT_EQ(tried.statistics().data_bytes, 0u);
    }
    refused = kernel.plan.asked >= first;
    tried.close();
    EXPECT_EQ(kernel.reserved_stretches(), 0u);
  }
}

TYPED_TEST(PageHeapRefused, OneRefusalIsNotForGood) {
  for (std::uint64_t first = 1, refused = 1; refused != 0; ++first) {
    FakeKernel kernel;
    kernel.plan.first = first;
    PageHeap tried;
    if (!tried.open(this->settings, kernel.table())) continue;
    for (std::size_t size : Sizes{10, 5000}) tried.allocate({size}, this->why);
    refused = kernel.plan.asked >= first;
    kernel.plan.first = 0;
    for (std::size_t size : Sizes{10, 5000}) {
      const auto block = reinterpret_cast<Address>(tried.allocate({size}, this->why));
      EXPECT_TRUE(kernel.accessible(block)) << size << " bytes after call " << first;
    }
    tried.close();
  }
}

TYPED_TEST(PageHeapRefused, WithoutAddressSpaceEverythingIsDeclined) {
  this->world.kernel.plan = {1, 1000000, 0};
  EXPECT_FALSE(this->open());
  EXPECT_EQ(this->allocate(16), 0u);
  EXPECT_EQ(this->why, Decline::address_space);
  EXPECT_FALSE(this->heap->owns(0));
  EXPECT_FALSE(this->heap->owns(~Address{0}));
  EXPECT_EQ(this->claim(4096), ClaimVerdict::not_a_block);
  // Nothing to be looked at is no check that is under way.
  EXPECT_TRUE(this->heap->check(nullptr, nullptr));
}

TEST(PageHeapMappings, DeclinesWhenThreeQuartersAreUsedAndServesAgain) {
  FakeWorld<GuardKind::mappings> world;
  world.kernel.mapping_limit = 40;
  PageHeap heap;
  ASSERT_TRUE(heap.open(small_settings<decltype(world)>(), world.table()));
  const std::size_t before = world.kernel.extra_mappings();
  std::vector<Address> blocks;
  Decline why;
  while (void* block = heap.allocate({16}, why)) blocks.push_back(reinterpret_cast<Address>(block));
  EXPECT_EQ(why, Decline::mappings);
  EXPECT_EQ(blocks.size(), 15u) << "30 of 40 mappings, two a block";
  EXPECT_EQ(world.kernel.extra_mappings(), before + 30);
  BlockFacts facts;
  SlackDamage damage;
  EXPECT_EQ(heap.claim(blocks[3], facts, damage), ClaimVerdict::intact);
  heap.free(blocks[3], 0, 0);
  EXPECT_NE(heap.allocate({16}, why), nullptr);
  EXPECT_EQ(heap.allocate({16}, why), nullptr);
  EXPECT_EQ(heap.statistics().declined[static_cast<int>(Decline::mappings)], 2u);
  heap.close();
}

TEST(PageHeapMoving, ForkedChildWatchesAgainBeforeItMoves) {
  FakeWorld<GuardKind::moving> world;
  PageHeap heap;
  ASSERT_TRUE(heap.open(small_settings<decltype(world)>(), world.table()));
  Decline why;
  BlockFacts facts;
  SlackDamage damage;
  const auto block = reinterpret_cast<Address>(heap.allocate({16}, why));
  world.kernel.in_parent = false;
  EXPECT_EQ(heap.claim(block, facts, damage), ClaimVerdict::intact);
  heap.free(block, 0, 0);
  EXPECT_EQ(world.kernel.renewed, 1u);
  EXPECT_FALSE(world.accessible(block));
  heap.close();
}

TEST(PageHeapMoving, AFreedBlockIsForgottenOnceItsPageIsOpenForAnother) {
  FakeWorld<GuardKind::moving> world;
  PageHeap heap;
  PageHeapSettings settings = small_settings<decltype(world)>();
  settings.quarantine_blocks = 0;
  ASSERT_TRUE(heap.open(settings, world.table()));
  Decline why;
  BlockFacts facts;
  SlackDamage damage;
  const auto come_and_go = [&] {
    const auto block = reinterpret_cast<Address>(heap.allocate({16}, why));
    EXPECT_EQ(heap.claim(block, facts, damage), ClaimVerdict::intact);
    heap.free(block, 0, 0);
    return block;
  };
  const Address first = come_and_go();
  EXPECT_EQ(heap.claim(first, facts, damage), ClaimVerdict::freed_already);
  EXPECT_FALSE(world.accessible(first));
  // Its page moves to where the first block was.
  come_and_go();
  EXPECT_TRUE(world.accessible(first));
  EXPECT_FALSE(heap.find(first, facts));
  EXPECT_EQ(heap.claim(first, facts, damage), ClaimVerdict::not_a_block);
  heap.close();
}

TEST(GuardPages, TheBestWayIsTakenThatWorks) {
  FakeKernel kernel;
  EXPECT_EQ(GuardPages::best(kernel.table(), true), GuardKind::moving);
  EXPECT_EQ(GuardPages::best(kernel.table(), false), GuardKind::marks);
  PageCalls calls = kernel.table();
  calls.watch = [](void*, Address, std::size_t) { return false; };
  EXPECT_EQ(GuardPages::best(calls, true), GuardKind::marks);
  calls.advise = [](void*, Address, std::size_t, PageCalls::Advice) { return false; };
  EXPECT_EQ(GuardPages::best(calls, true), GuardKind::mappings);
  EXPECT_EQ(kernel.reserved_stretches(), 0u);
  EXPECT_EQ(GuardPages::mapping_allowance(calls), 750u);
}

}  // namespace
}  // namespace arenite
