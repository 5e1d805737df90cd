// SPDX-License-Identifier: MIT
// Where blocks lie, what is accessible, what becomes of freed ones, in every way to guard pages.
#include "debug/guard/page_fake.hpp"

namespace arenite {
namespace {

template <class World>
using PageHeapEverywhere = PageHeapTest<World>;
TYPED_TEST_SUITE(PageHeapEverywhere, AllWorlds);

TYPED_TEST(PageHeapEverywhere, RightSideEndsAtTheGuardAsExactlyAsAlignmentPermits) {
  for (std::size_t least : Sizes{1, 2, 4, 8, 16}) {
    PageHeap exact;
    this->settings.least_alignment = least;
    if (!exact.open(this->settings, this->world.table()) ||
        exact.statistics().small_kind != TypeParam::kKind)
      GTEST_SKIP() << "this kernel cannot guard that way";
    for (std::size_t size :
         Sizes{1, 2, 3, 7, 8, 15, 16, 17, 24, 100, 4095, 4096, 4097, 10000, 70000}) {
      const auto begin = reinterpret_cast<Address>(exact.allocate({size}, this->why));
      ASSERT_NE(begin, 0u);
      EXPECT_EQ(begin % least, 0u);
      const Address guard = begin + round_up(size, least);
      EXPECT_EQ(guard % kPageBytes, 0u) << size;
      EXPECT_FALSE(this->world.accessible(guard)) << size;
      EXPECT_TRUE(this->world.accessible(guard - 1)) << size;
      EXPECT_TRUE(this->world.accessible(begin)) << size;
      EXPECT_FALSE(this->world.accessible(round_down(begin, kPageBytes) - 1)) << size;
    }
    exact.close();
  }
}

TYPED_TEST(PageHeapEverywhere, LeftSideBeginsBehindTheGuard) {
  this->settings.side = Side::left;
  OPEN_OR_SKIP();
  for (std::size_t size : Sizes{1, 24, 4095, 4096, 4097, 70000}) {
    const Address begin = this->allocate(size);
    EXPECT_EQ(begin % kPageBytes, 0u);
    EXPECT_FALSE(this->world.accessible(begin - 1));
    EXPECT_TRUE(this->world.accessible(begin));
    EXPECT_TRUE(this->world.accessible(begin + size - 1));
    EXPECT_FALSE(this->world.accessible(round_up(begin + size, kPageBytes)));
  }
}

TYPED_TEST(PageHeapEverywhere, RandomSideIsBothAndTheSameForTheSameSeed) {
  this->settings.side = Side::random;
  this->settings.seed = 11;
  OPEN_OR_SKIP();
  PageHeap again;
  ASSERT_TRUE(again.open(this->settings, this->world.table()));
  unsigned right = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const Address begin = this->allocate(16);
    const auto other = reinterpret_cast<Address>(
        again.allocate({16, 0, false, Family::malloc, this->serial, 0, 0}, this->why));
    EXPECT_EQ(begin % kPageBytes, other % kPageBytes);
    right += begin % kPageBytes != 0;
  }
  EXPECT_GT(right, 60u);
  EXPECT_LT(right, 140u);
  again.close();
}

TYPED_TEST(PageHeapEverywhere, AlignmentIsKeptUpTo64KiBAndBeyond) {
  OPEN_OR_SKIP();
  for (std::size_t alignment = 1; alignment <= std::size_t{1} << 20; alignment *= 2)
    for (std::size_t size : Sizes{0, 1, 100, 5000, 70000}) {
      const Address begin = this->allocate(size, alignment);
      ASSERT_NE(begin, 0u);
      EXPECT_EQ(begin % alignment, 0u);
      if (size > 0) {
        this->byte(begin) = 1;
        this->byte(begin + size - 1) = 2;
      }
      ASSERT_TRUE(this->heap->find(begin, this->facts));
      EXPECT_EQ(this->facts.begin, begin);
      this->free(begin);
      EXPECT_FALSE(this->world.accessible(begin));
    }
}

TYPED_TEST(PageHeapEverywhere, BlockOfNoBytesFaultsAtItsFirstAndIsFreedAsUsual) {
  OPEN_OR_SKIP();
  const Address first = this->allocate(0), second = this->allocate(0);
  EXPECT_NE(first, second);
  for (Address block : {first, second}) {
    EXPECT_FALSE(this->world.accessible(block));
    ASSERT_TRUE(this->heap->find(block, this->facts));
    EXPECT_EQ(this->facts.begin, block);
    this->free(block);
    EXPECT_EQ(this->claim(block), ClaimVerdict::freed_already);
  }
}

TYPED_TEST(PageHeapEverywhere, NewBytesAreAsAsked) {
  OPEN_OR_SKIP();
  for (int round = 0; round < 2; ++round)
    for (std::size_t size : Sizes{40, 5000}) {
      const Address fresh = this->allocate(size);
      EXPECT_EQ(first_unlike({fresh, fresh + size}, kFreshByte), 0u);
      const Address zeroed = this->allocate(size, 0, true);
      EXPECT_EQ(first_unlike({zeroed, zeroed + size}, 0), 0u);
      std::memset(reinterpret_cast<void*>(fresh), 5, size);
      std::memset(reinterpret_cast<void*>(zeroed), 5, size);
      this->free(fresh);
      this->free(zeroed);
    }
}

TYPED_TEST(PageHeapEverywhere, FillIsBounded) {
  this->settings.fill_bytes = 100;
  OPEN_OR_SKIP();
  const Address block = this->allocate(9000);
  EXPECT_EQ(this->byte(block + 99), kFreshByte);
  EXPECT_EQ(this->byte(block + 100), 0);
}

TYPED_TEST(PageHeapEverywhere, FreedPagesAreInaccessibleAndKnown) {
  OPEN_OR_SKIP();
  for (std::size_t size : Sizes{24, 9000}) {
    const Address block = this->allocate(size);
    const std::uint64_t number = this->serial;
    this->free(block);
    EXPECT_FALSE(this->world.accessible(block));
    EXPECT_FALSE(this->world.accessible(block + size - 1));
    ASSERT_TRUE(this->heap->find(block + size / 2, this->facts));
    EXPECT_EQ(this->facts.state, BlockState::freed);
    EXPECT_EQ(this->facts.begin, block);
    EXPECT_EQ(this->facts.size, size);
    EXPECT_EQ(this->facts.serial, number);
    EXPECT_EQ(this->facts.allocated, 7u);
    EXPECT_EQ(this->facts.freed, 9u);
    EXPECT_EQ(this->facts.allocated_by, 1u);
    EXPECT_EQ(this->facts.freed_by, 2u);
  }
}

TYPED_TEST(PageHeapEverywhere, DoubleFreeInteriorAndForeignAreTold) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(100);
  EXPECT_EQ(this->claim(block + 16), ClaimVerdict::not_a_block);
  EXPECT_EQ(this->facts.begin, block);
  EXPECT_EQ(this->claim(reinterpret_cast<Address>(&block)), ClaimVerdict::not_a_block);
  EXPECT_EQ(this->facts.state, BlockState::none);
  this->free(block);
  EXPECT_EQ(this->claim(block), ClaimVerdict::freed_already);
  EXPECT_EQ(this->facts.freed, 9u);
}

TYPED_TEST(PageHeapEverywhere, UnclaimedBlockIsLiveAgain) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(100);
  EXPECT_EQ(this->claim(block), ClaimVerdict::intact);
  EXPECT_EQ(this->claim(block), ClaimVerdict::freed_already);
  this->heap->unclaim(block);
  this->free(block);
}

TYPED_TEST(PageHeapEverywhere, OneChangedByteOnEitherSideIsFound) {
  OPEN_OR_SKIP();
  for (std::size_t size : Sizes{21, 5001}) {
    for (int far : {1, 9}) {
      const Address block = this->allocate(size);
      this->byte(block - static_cast<Address>(far)) = 1;
      EXPECT_EQ(this->claim(block), ClaimVerdict::damaged);
      EXPECT_EQ(this->damage.at, block - static_cast<Address>(far));
      EXPECT_EQ(this->damage.found, 1);
      EXPECT_EQ(this->damage.expected, kGuardByte);
      this->byte(block - static_cast<Address>(far)) = kGuardByte;
      this->byte(block + size) = 2;
      this->heap->unclaim(block);
      EXPECT_EQ(this->claim(block), ClaimVerdict::damaged);
      EXPECT_EQ(this->damage.at, block + size);
      this->heap->free(block, 0, 0);
    }
  }
  // What was damaged is not blamed on the next block on the same memory.
  for (int i = 0; i < 100; ++i) this->free(this->allocate(21));
}

TYPED_TEST(PageHeapEverywhere, CheckFindsDamageOfLiveBlocksAlone) {
  OPEN_OR_SKIP();
  const Address sound = this->allocate(30), hurt = this->allocate(21), gone = this->allocate(5);
  this->free(gone);
  std::vector<Address> found;
  const auto visit = [](void* visitor, const BlockFacts& block, const SlackDamage& change) {
    static_cast<std::vector<Address>*>(visitor)->push_back(block.begin);
    EXPECT_EQ(change.at, block.begin + block.size);
  };
  EXPECT_TRUE(this->heap->check(visit, &found));
  EXPECT_TRUE(found.empty());
  this->byte(hurt + 21) ^= 1;
  EXPECT_TRUE(this->heap->check(visit, &found));
  EXPECT_EQ(found, std::vector<Address>{hurt});
  this->free(sound);
}

/// As a signal handler asks for it over the very thread that checks.
TYPED_TEST(PageHeapEverywhere, ACheckWithinACheckIsRefused) {
  OPEN_OR_SKIP();
  const Address hurt = this->allocate(21);
  this->byte(hurt + 21) ^= 1;
  struct Visitor {
    PageHeap& heap;
    unsigned visits = 0;
    static void visit(void* self, const BlockFacts&, const SlackDamage&) {
      auto& visitor = *static_cast<Visitor*>(self);
      ++visitor.visits;
      EXPECT_FALSE(visitor.heap.check(&Visitor::visit, self));
    }
  } visitor{*this->heap};
  EXPECT_TRUE(this->heap->check(&Visitor::visit, &visitor));
  EXPECT_TRUE(this->heap->check(&Visitor::visit, &visitor)) << "that one is over";
  EXPECT_EQ(visitor.visits, 2u);
}

TYPED_TEST(PageHeapEverywhere, EachLiveVisitsLiveBlocksInOrder) {
  OPEN_OR_SKIP();
  std::vector<Address> live;
  for (int i = 0; i < 10; ++i) {
    live.push_back(this->allocate(10));
    this->free(this->allocate(20));
  }
  live.push_back(this->allocate(5000));
  std::vector<Address> visited;
  this->heap->each_live(
      [](void* visitor, const BlockFacts& block) {
        static_cast<std::vector<Address>*>(visitor)->push_back(block.begin);
      },
      &visited);
  std::sort(live.begin(), live.end());
  EXPECT_EQ(visited, live);
}

TYPED_TEST(PageHeapEverywhere, QuarantineIsFirstInFirstOutByCount) {
  this->settings.quarantine_blocks = 3;
  this->settings.warm_blocks = 0;
  OPEN_OR_SKIP();
  Address blocks[5];
  for (Address& block : blocks) block = this->allocate(16);
  for (Address block : blocks) this->free(block);
  EXPECT_EQ(this->heap->statistics().quarantined_blocks, 3u);
  EXPECT_EQ(this->allocate(16), blocks[0]);
  EXPECT_EQ(this->allocate(16), blocks[1]);
  const Address fresh = this->allocate(16);
  EXPECT_EQ(std::find(blocks, blocks + 5, fresh), blocks + 5);
}

TYPED_TEST(PageHeapEverywhere, QuarantineIsBoundedByAddressSpace) {
  this->settings.quarantine_bytes = 20 * kPageBytes;
  OPEN_OR_SKIP();
  const Address large = this->allocate(16 * kPageBytes);
  this->free(large);
  EXPECT_EQ(this->heap->statistics().quarantined_bytes, 17 * kPageBytes);
  this->free(this->allocate(4 * kPageBytes));
  EXPECT_EQ(this->heap->statistics().quarantined_bytes, 5 * kPageBytes);
  EXPECT_EQ(this->allocate(16 * kPageBytes), large);
}

TYPED_TEST(PageHeapEverywhere, FindTellsTheNearestBlockOfAGuardPage) {
  OPEN_OR_SKIP();
  const Address first = this->allocate(64), second = this->allocate(64);
  ASSERT_LT(first, second);
  const auto owner = [&](Address at) {
    return this->heap->find(at, this->facts) ? this->facts.begin : 0;
  };
  EXPECT_EQ(owner(first), first);
  EXPECT_EQ(owner(first - 1), first);
  EXPECT_EQ(owner(first + 64), first);
  EXPECT_EQ(owner(first + 64 + kPageBytes - 1), first) << "the second begins a page further";
  EXPECT_EQ(owner(first + 64 + kPageBytes), second) << "its own page, before it";
  EXPECT_EQ(owner(second + 64 + kPageBytes - 1), second);
  EXPECT_EQ(owner(second + 64 + kPageBytes), 0u) << "nothing is there yet";
  EXPECT_LE(this->facts.outer_begin, this->facts.begin);
}

TYPED_TEST(PageHeapEverywhere, FindTellsTheStretchABlockLiesIn) {
  OPEN_OR_SKIP();
  for (const std::size_t size : Sizes{1, 64, kPageBytes, kPageBytes + 1, 5 * kPageBytes}) {
    const Address begin = this->allocate(size);
    ASSERT_TRUE(this->heap->find(begin, this->facts));
    EXPECT_EQ(this->facts.outer_begin % kPageBytes, 0u);
    EXPECT_EQ(this->facts.outer_end % kPageBytes, 0u);
    // A guard page before it, its pages, one behind it.
    EXPECT_EQ(this->facts.outer_begin, round_down(begin, kPageBytes) - kPageBytes) << size;
    EXPECT_GE(this->facts.outer_end, round_up(begin + size, kPageBytes) + kPageBytes) << size;
    EXPECT_FALSE(this->world.accessible(this->facts.outer_begin));
    EXPECT_FALSE(this->world.accessible(this->facts.outer_end - 1));
  }
}

TYPED_TEST(PageHeapEverywhere, FindDecidesByDistanceBetweenEndAndBeginning) {
  this->settings.side = Side::left;
  OPEN_OR_SKIP();
  const Address first = this->allocate(kPageBytes), second = this->allocate(kPageBytes);
  ASSERT_EQ(second, first + 2 * kPageBytes);
  const Address guard = first + kPageBytes;
  ASSERT_TRUE(this->heap->find(guard + 10, this->facts));
  EXPECT_EQ(this->facts.begin, first);
  ASSERT_TRUE(this->heap->find(guard + kPageBytes - 10, this->facts));
  EXPECT_EQ(this->facts.begin, second);
}

TYPED_TEST(PageHeapEverywhere, FindInPagesLeftOverGoesToEitherNeighbour) {
  this->settings.side = Side::left;
  OPEN_OR_SKIP();
  // 17 pages take a stretch of 20.
  const Address first = this->allocate(17 * kPageBytes), second = this->allocate(17 * kPageBytes);
  ASSERT_EQ(second, first + 21 * kPageBytes);
  ASSERT_TRUE(this->heap->find(first + 18 * kPageBytes, this->facts));
  EXPECT_EQ(this->facts.begin, first);
  ASSERT_TRUE(this->heap->find(second - kPageBytes - 1, this->facts));
  EXPECT_EQ(this->facts.begin, second);
  EXPECT_FALSE(this->world.accessible(first + 18 * kPageBytes));
}

TYPED_TEST(PageHeapEverywhere, FindIsTotal) {
  OPEN_OR_SKIP();
  const Address block = this->allocate(64);
  const std::size_t bytes = this->heap->statistics().reserved_bytes;
  for (Address at : {Address{0}, Address{1}, ~Address{0}, block + bytes, block - bytes,
                     Address{1} << 63, Address{1} << 47}) {
    EXPECT_FALSE(this->heap->find(at, this->facts));
    EXPECT_FALSE(this->heap->owns(at));
    EXPECT_EQ(this->claim(at), ClaimVerdict::not_a_block);
  }
  const Address base = round_down(block, 4 * kPageBytes);
  for (Address at = base; at < base + bytes - (std::size_t{1} << 20); at += 12345) {
    EXPECT_TRUE(this->heap->owns(at));
    if (this->heap->find(at, this->facts)) {
      EXPECT_EQ(this->facts.begin, block);
    }
    EXPECT_EQ(this->claim(at + 3), ClaimVerdict::not_a_block);
  }
  EXPECT_FALSE(PageHeap().find(block, this->facts));
}

TYPED_TEST(PageHeapEverywhere, BeyondTheMemoryBudgetDeclines) {
  this->settings.memory_bytes = 3 * kPageBytes;
  OPEN_OR_SKIP();
  const Address one = this->allocate(16);
  EXPECT_NE(this->allocate(5000), 0u);
  EXPECT_EQ(this->allocate(16), 0u);
  EXPECT_EQ(this->why, Decline::memory);
  EXPECT_STREQ(text_of(this->why), "the memory for guarded pages is used up");
  EXPECT_EQ(this->heap->statistics().declined[static_cast<int>(Decline::memory)], 1u);
  this->free(one);
  EXPECT_NE(this->allocate(16), 0u);
  EXPECT_EQ(this->why, Decline::none);
}

TYPED_TEST(PageHeapEverywhere, NoMoreBlocksThanMayBe) {
  this->settings.most_blocks = 2;
  OPEN_OR_SKIP();
  const Address one = this->allocate(16);
  EXPECT_NE(this->allocate(16), 0u);
  EXPECT_EQ(this->allocate(16), 0u);
  EXPECT_EQ(this->why, Decline::blocks);
  this->free(one);
  EXPECT_NE(this->allocate(16), 0u);
}

TYPED_TEST(PageHeapEverywhere, BeyondTheReservationDeclines) {
  this->settings.reservation_bytes = std::size_t{2} << 20;
  OPEN_OR_SKIP();
  EXPECT_EQ(this->allocate(std::size_t{1} << 30), 0u);
  EXPECT_EQ(this->why, Decline::address_space);
  EXPECT_EQ(this->allocate(~std::size_t{0}), 0u);
  EXPECT_EQ(this->allocate(1, std::size_t{1} << 62), 0u);
  std::vector<Address> blocks;
  while (const Address block = this->allocate(16)) blocks.push_back(block);
  EXPECT_EQ(this->why, Decline::address_space);
  EXPECT_EQ(blocks.size(), 127u) << "128 stretches of two pages in half of it, but for the first";
  while (const Address block = this->allocate(4096)) blocks.push_back(block);
  EXPECT_EQ(blocks.size(), 127u + 127u);
  for (Address block : blocks) {
    ASSERT_TRUE(this->heap->find(block + 4096, this->facts));
    EXPECT_FALSE(this->world.accessible(round_up(block + 1, kPageBytes)));
    this->free(block);
  }
  EXPECT_EQ(this->heap->statistics().live_blocks, 0u);
}

TYPED_TEST(PageHeapEverywhere, StatisticsCount) {
  this->settings.warm_blocks = 2;
  OPEN_OR_SKIP();
  const Address block = this->allocate(16);
  this->allocate(10000);
  PageHeapStatistics now = this->heap->statistics();
  EXPECT_EQ(now.live_blocks, 2u);
  EXPECT_EQ(now.data_bytes, 4 * kPageBytes);
  this->free(block);
  now = this->heap->statistics();
  EXPECT_EQ(now.live_blocks, 1u);
  EXPECT_EQ(now.data_bytes, 3 * kPageBytes);
  EXPECT_EQ(now.quarantined_blocks, 1u);
  EXPECT_EQ(now.warm_blocks, TypeParam::kKind == GuardKind::moving ? 1u : 0u);
  EXPECT_EQ(now.mappings_used, TypeParam::kKind == GuardKind::mappings ? 2u : 0u);
}

}  // namespace
}  // namespace arenite
