// SPDX-License-Identifier: MIT
#include "heap/heap.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

TEST(StampTest, TellsItsOwnBlockFromOthersAndFromDamage) {
  unsigned char block[600];
  stamp(block, sizeof block, 3);
  EXPECT_TRUE(stamped(block, sizeof block, 3));
  EXPECT_FALSE(stamped(block, 1, 4));
  block[599] ^= 1;
  EXPECT_FALSE(stamped(block, sizeof block, 3));
  EXPECT_FALSE(all_zero(block, sizeof block));
  std::memset(block, 0, sizeof block);
  EXPECT_TRUE(all_zero(block, sizeof block));
}

template <class Setup>
class HeapTest : public HeapFixture<Setup> {};
TYPED_TEST_SUITE(HeapTest, HeapSetups);

// ---- what is handed out ----

TYPED_TEST(HeapTest, EveryRequestGetsAnAlignedBlockThatHoldsIt) {
  using Layout = typename TypeParam::Layout;
  for (std::size_t size = 0; size <= this->kSmall + 3 * this->kPool;
       size += size <= 1100 ? 1 : 97) {
    void* block = this->allocate(size);
    ASSERT_NE(block, nullptr) << size;
    ASSERT_EQ(address_of(block) % Layout::kAlignment, 0u) << size;
    ASSERT_TRUE(this->heap.owns(block));
    const std::size_t usable = this->heap.usable_size(block);
    ASSERT_GE(usable, size);
    if (size <= this->kSmall) {
      ASSERT_EQ(usable,
                SizeClasses<Layout>::facts(SizeClasses<Layout>::class_of(size)).block_bytes);
    } else {
      ASSERT_EQ(usable, round_up(size, Layout::kPageBytes));
    }
    std::memset(block, 0xa5, usable);
    this->free(block);
  }
  this->expect_all_free();
}

// M5: a freed block is handed out again for the next object of the same size.
TYPED_TEST(HeapTest, FreedBlockIsReusedForTheNextOfItsSize) {
  for (const std::uint32_t size : TypeParam::Layout::kBlockBytes) {
    void* first = this->allocate(size);
    this->free(first);
    void* second = this->allocate(size);
    EXPECT_EQ(second, first) << size;
    EXPECT_NE(this->allocate(size), second) << size;
  }
}

TYPED_TEST(HeapTest, AnotherThreadsBlockGoesHomeFromAThreadThatHasNoneOfItsClass) {
  if (SizeClasses<typename TestFixture::G>::kFacts[0].slots < 8)
    GTEST_SKIP() << "so short an array has its length at once, and a pool of its own with it";
  void* first = this->allocate(16);
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  this->heap.free(other, first);
  void* own = this->heap.allocate(other, 16);
  EXPECT_NE(address_of(own) / kLineBytes, address_of(first) / kLineBytes)
      << "the two threads would write to one cache line";
  this->heap.free(other, own);
  this->heap.detach(other);
  this->expect_all_free();
}

TYPED_TEST(HeapTest, PoolHoldsItsCapacityAndTheNextBlockOpensAnother) {
  using Classes = SizeClasses<typename TypeParam::Layout>;
  for (const std::size_t i : {std::size_t{0}, Classes::kCount / 2, Classes::kCount - 1}) {
    FakeHeap<typename TypeParam::Layout> fresh;
    const ThreadBlock own = fresh.heap.attach(1, TypeParam::kState);
    std::set<void*> blocks;
    for (unsigned n = 0; n < Classes::kFacts[i].capacity; ++n)
      blocks.insert(fresh.heap.allocate(own, Classes::kFacts[i].block_bytes));
    EXPECT_EQ(blocks.size(), Classes::kFacts[i].capacity);
    EXPECT_EQ(fresh.heap.root().used_pools, 1u);
    fresh.heap.allocate(own, Classes::kFacts[i].block_bytes);
    EXPECT_EQ(fresh.heap.root().used_pools, 2u);
  }
}

TYPED_TEST(HeapTest, BlocksComeFromTheLowestAddressUp) {
  std::vector<Address> blocks;
  for (int i = 0; i < 30; ++i) blocks.push_back(address_of(this->allocate(16)));
  EXPECT_TRUE(std::is_sorted(blocks.begin(), blocks.end()));
  EXPECT_EQ(blocks.front(), this->heap.root().range.address);
}

TYPED_TEST(HeapTest, RandomProgramKeepsEveryBlockApartAndIntact) {
  struct Live {
    std::size_t bytes;
    unsigned tag;
  };
  std::mt19937 random(99);
  std::map<Address, Live> live;
  unsigned tag = 0, refused = 0;
  const auto size = [&]() -> std::size_t {
    const unsigned kind = static_cast<unsigned>(random() % 16);
    if (kind == 0) return this->kSmall + random() % (6 * this->kPool);
    if (kind < 4) return random() % (this->kSmall + 1);
    return random() % std::min<std::size_t>(this->kSmall, 300);
  };
  for (int step = 0; step < 6000; ++step) {
    const bool growing = step / 1000 % 2 == 0;
    if (live.empty() || random() % 5 < (growing ? 3u : 2u)) {
      const std::size_t bytes = size();
      void* block = this->allocate(bytes);
      if (block == nullptr) {
        ++refused;
        continue;
      }
      const Address at = address_of(block);
      const auto after = live.lower_bound(at);
      ASSERT_TRUE(after == live.end() || at + bytes <= after->first);
      if (after != live.begin()) {
        ASSERT_LE(std::prev(after)->first + std::prev(after)->second.bytes, at);
        ASSERT_NE(std::prev(after)->first, at);
      }
      stamp(block, bytes, ++tag);
      live[at] = {bytes, tag};
    } else {
      auto one = live.begin();
      std::advance(one, random() % live.size());
      void* block = reinterpret_cast<void*>(one->first);
      ASSERT_TRUE(stamped(block, one->second.bytes, one->second.tag)) << "step " << step;
      std::memset(block, 0xdd, one->second.bytes);
      this->free(block);
      live.erase(one);
    }
  }
  for (const auto& [at, block] : live) {
    ASSERT_TRUE(stamped(reinterpret_cast<void*>(at), block.bytes, block.tag));
    this->free(reinterpret_cast<void*>(at));
  }
  EXPECT_LT(refused, 1500u);
  this->expect_all_free();
  EXPECT_NE(this->allocate(this->kRange), nullptr) << "the whole range is one piece again";
}

TYPED_TEST(HeapTest, FreeingOrderDoesNotMatterForGettingEverythingBack) {
  std::mt19937 random(5);
  for (int order = 0; order < 3; ++order) {
    std::vector<void*> blocks;
    for (int i = 0; i < 700; ++i) blocks.push_back(this->allocate(16u << (i % 4)));
    if (order == 1) std::reverse(blocks.begin(), blocks.end());
    if (order == 2) std::shuffle(blocks.begin(), blocks.end(), random);
    for (void* block : blocks) this->free(block);
    this->expect_all_free();
  }
}

TYPED_TEST(HeapTest, BurstsComeToBeServedFromTheShelf) {
  if (!this->kHasArrays) return;
  // More than an array holds, less than a shelf.
  const unsigned count = 2u * SizeClasses<typename TestFixture::G>::kFacts[0].slots;
  const auto& shelved = this->heap.root().lists[0].shelved[0];  // the first thread's own
  std::vector<void*> blocks(count);
  std::uint32_t most = 0;
  for (int round = 0; round < 6; ++round) {
    for (void*& block : blocks) block = this->allocate(1);
    if (round == 0) {
      EXPECT_EQ(shelved.load(), 0u);
    }
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), count);
    for (void* block : blocks) this->free(block);
    most = shelved.load();
    if (round == 0) {
      EXPECT_EQ(most, 0u) << "who only gives back needs no shelf";
    }
  }
  EXPECT_GT(most, 0u);
  this->expect_all_free();
  EXPECT_EQ(shelved.load(), 0u);
}

TYPED_TEST(HeapTest, WhatShelvesHoldIsHadWhenNothingElseIs) {
  if (!this->kHasArrays) return;
  const unsigned count = 2u * SizeClasses<typename TestFixture::G>::kFacts[0].slots;
  std::vector<void*> blocks;
  for (int round = 0; round < 6; ++round) {
    for (unsigned i = 0; i < count; ++i) blocks.push_back(this->allocate(1));
    for (void* block : blocks) this->free(block);
    blocks.clear();
  }
  ASSERT_GT(this->heap.root().lists[0].shelved[0].load(), 0u);
  std::vector<void*> spans;
  while (void* span = this->allocate(this->kPool)) spans.push_back(span);
  EXPECT_EQ(this->heap.root().lists[0].shelved[0].load(), 0u);
  for (void* span : spans) this->free(span);
  this->expect_all_free();
}

TYPED_TEST(HeapTest, WhatTheOtherShelfKeepsForItsThreadsIsHadWhenNothingElseIs) {
  if (!this->kHasArrays) return;
  const unsigned count = SizeClasses<typename TestFixture::G>::kFacts[0].slots;
  ClassList<Native>& list = this->heap.root().lists[0];
  list.shelf_room.store(this->heap.root().classes[0].shelf_slots);
  ThreadBlock other = this->heap.attach(2);
  std::vector<void*> blocks, taken;
  for (unsigned i = 0; i < 2 * count; ++i) blocks.push_back(this->heap.allocate(other, 1));
  this->heap.detach(other);
  while (void* span = this->allocate(this->kPool)) taken.push_back(span);
  while (void* block = this->allocate(1)) taken.push_back(block);
  const std::size_t before = taken.size();
  // Their pools keep live blocks, so that none becomes free.
  other = this->heap.attach(3);
  for (unsigned i = 0; i < count; ++i)
    this->heap.free(other, std::exchange(blocks[2 * i], nullptr));
  this->heap.detach(other);
  ASSERT_GT(list.shelved[1].load(), 0u);
  while (void* block = this->allocate(1)) taken.push_back(block);
  EXPECT_EQ(taken.size() - before, count);
  for (void* block : blocks) this->free(block);
  for (void* block : taken) this->free(block);
  this->expect_all_free();
}

TYPED_TEST(HeapTest, FreeingNullDoesNothing) {
  this->free(nullptr);
  EXPECT_EQ(this->heap.root().used_pools, 0u);
}

// ---- free with a size ----

TYPED_TEST(HeapTest, ABlockFreedWithItsSizeIsReusedForTheNextOfIt) {
  for (std::size_t size = 0; size <= this->kSmall + this->kPool; size += size <= 1100 ? 1 : 97) {
    void* block = this->allocate(size);
    this->heap.free_sized(this->thread, block, size);
    ASSERT_EQ(this->allocate(size), block) << size;
    this->heap.free_sized(this->thread, block, size);
  }
  this->heap.free_sized(this->thread, nullptr, 16);
  this->expect_all_free();
}

TYPED_TEST(HeapTest, AWrongSizeDoesNotLeadABlockToAnotherClass) {
  using Layout = typename TypeParam::Layout;
  using Classes = SizeClasses<Layout>;
  for (const std::uint32_t size : Layout::kBlockBytes) {
    // So that both classes' arrays have room.
    this->free(this->allocate(size));
    for (const std::size_t wrong : {std::size_t{0}, size - std::size_t{16}, size + std::size_t{1},
                                    this->kSmall + 1, ~std::size_t{0}}) {
      if (wrong <= this->kSmall && Classes::class_of(wrong) == Classes::class_of(size)) continue;
      if (wrong <= this->kSmall) this->free(this->allocate(wrong));
      void* block = this->allocate(size);
      if (wrong <= Classes::kFineLimit) {
        ASSERT_FALSE(this->heap.try_free_sized(this->thread, address_of(block), wrong)) << wrong;
      }
      this->heap.free_sized(this->thread, block, wrong);
      if (wrong <= this->kSmall) {
        void* other = this->allocate(wrong);
        ASSERT_NE(other, block) << wrong;
        this->free(other);
      }
      ASSERT_EQ(this->allocate(size), block) << wrong;
      this->free(block);
    }
  }
  this->expect_all_free();
}

TYPED_TEST(HeapTest, TheArrayOfASizeTakesItsBlocksAndNoOtherAddress) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{16}, std::size_t{64}}) {
    this->free(this->allocate(size));
    const Address block = address_of(this->allocate(size));
    const ThreadBlock own = this->thread;
    EXPECT_FALSE(this->heap.try_free_sized(own, block + 1, size));
    EXPECT_FALSE(this->heap.try_free_sized(own, block + 4, size));
    EXPECT_FALSE(this->heap.try_free_sized(own, 0, size));
    EXPECT_FALSE(this->heap.try_free_sized(own, block + this->kRange, size));
    EXPECT_FALSE(this->heap.try_free_sized(own, ~Address{15}, size));
    EXPECT_EQ(this->heap.try_free_sized(own, block, size), this->kHasArrays) << size;
    if (!this->kHasArrays) this->free(reinterpret_cast<void*>(block));
  }
  this->expect_all_free();
}

// ---- zeroed ----

TYPED_TEST(HeapTest, ZeroedBlocksAreZeroOnRecycledMemory) {
  const std::size_t sizes[] = {1, 16, 100, this->kSmall, this->kSmall + 1, 3 * this->kPool + 5};
  for (const std::size_t size : sizes) {
    for (int round = 0; round < 3; ++round) {
      std::vector<void*> blocks;
      for (int i = 0; i < 5; ++i) {
        void* block = this->heap.allocate_zeroed(this->thread, size);
        ASSERT_NE(block, nullptr);
        EXPECT_TRUE(all_zero(block, size)) << size << " in round " << round;
        std::memset(block, 0xff, this->heap.usable_size(block));
        blocks.push_back(block);
      }
      for (void* block : blocks) this->free(block);
      if (round == 1) this->heap.trim(this->thread);
    }
  }
}

// The judge above says no where it must: memory is in fact recycled dirty.
TYPED_TEST(HeapTest, RecycledMemoryIsDirtyUnlessZeroed) {
  for (const std::size_t size : {std::size_t{16}, this->kSmall + 1}) {
    void* block = this->allocate(size);
    std::memset(block, 0xff, size);
    this->free(block);
    EXPECT_FALSE(all_zero(this->allocate(size), size)) << size;
  }
}

// ---- aligned ----

TYPED_TEST(HeapTest, AlignedBlocksBeginAtTheirAlignmentUpToTwoArenas) {
  for (std::size_t alignment = 1; alignment <= 2 * this->kArena; alignment *= 2) {
    const std::size_t sizes[] = {0, 1, 17, 100, alignment, this->kSmall, this->kSmall + 1};
    std::vector<void*> blocks;
    for (const std::size_t size : sizes) {
      if (size > this->kArena) continue;
      void* block = this->heap.allocate_aligned(this->thread, alignment, size);
      // Of four arenas, two begin at a multiple of two; more may not be had.
      if (block == nullptr && alignment >= this->kArena && !blocks.empty()) continue;
      ASSERT_NE(block, nullptr) << size << " at " << alignment;
      EXPECT_EQ(address_of(block) % alignment, 0u) << size << " at " << alignment;
      EXPECT_GE(this->heap.usable_size(block), size);
      stamp(block, size, static_cast<unsigned>(blocks.size()));
      blocks.push_back(block);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_TRUE(
          stamped(blocks[i], sizes[i] > this->kArena ? 0 : sizes[i], static_cast<unsigned>(i)) ||
          alignment >= this->kArena);
      this->free(blocks[i]);
    }
    this->expect_all_free();
  }
}

TYPED_TEST(HeapTest, AlignmentsAndSizesThatCannotBeHadGiveNull) {
  const std::size_t top = std::size_t{1} << 63;
  EXPECT_EQ(this->heap.allocate_aligned(this->thread, top, 1), nullptr);
  EXPECT_EQ(this->heap.allocate_aligned(this->thread, 64, ~std::size_t{0}), nullptr);
  EXPECT_EQ(this->allocate(~std::size_t{0}), nullptr);
  EXPECT_EQ(this->allocate(this->kRange + 1), nullptr);
  EXPECT_EQ(this->heap.allocate_zeroed(this->thread, top), nullptr);
  this->expect_all_free();
}

// ---- owns ----

TYPED_TEST(HeapTest, OwnsExactlyTheCommittedPools) {
  const auto owns = [&](Address at) { return this->heap.owns(reinterpret_cast<void*>(at)); };
  const Address begin = this->heap.root().range.address;
  EXPECT_FALSE(owns(begin)) << "nothing is committed yet";
  this->allocate(16);
  const Address end = begin + this->heap.root().range.committed;
  EXPECT_EQ(end - begin, this->kArena);
  EXPECT_TRUE(owns(begin));
  EXPECT_FALSE(owns(begin - 1));
  EXPECT_TRUE(owns(end - 1));
  EXPECT_FALSE(owns(end));
  EXPECT_FALSE(owns(0));
  EXPECT_FALSE(owns(~Address{0}));
  EXPECT_FALSE(owns(this->heap.root().pools.address));
  EXPECT_FALSE(owns(address_of(&begin)));

  std::mt19937_64 random(1);
  int inside = 0;
  for (int i = 0; i < 20000; ++i) {
    Address at = random();
    if (i % 2 == 0) at = begin - this->kArena + at % (3 * this->kArena);
    const bool expected = at >= begin && at < end;
    inside += expected ? 1 : 0;
    ASSERT_EQ(owns(at), expected) << hex(at);
  }
  EXPECT_GT(inside, 1000);
  EXPECT_LT(inside, 10000);
}

// ---- heaps as objects ----

TYPED_TEST(HeapTest, HeapsDoNotKnowEachOthersBlocks) {
  FakeHeap<typename TypeParam::Layout> other;
  const ThreadBlock others = other.heap.attach(2, TypeParam::kState);
  std::vector<std::pair<void*, void*>> blocks;
  for (unsigned i = 0; i < 200; ++i) {
    blocks.emplace_back(this->allocate(16 + i), other.heap.allocate(others, 16 + i));
    stamp(blocks.back().first, 16 + i, i);
    stamp(blocks.back().second, 16 + i, i + 1000);
  }
  for (unsigned i = 0; i < 200; ++i) {
    EXPECT_TRUE(stamped(blocks[i].first, 16 + i, i));
    EXPECT_TRUE(stamped(blocks[i].second, 16 + i, i + 1000));
    EXPECT_FALSE(this->heap.owns(blocks[i].second));
    EXPECT_FALSE(other.heap.owns(blocks[i].first));
  }
}

TYPED_TEST(HeapTest, ClosedHeapGivesItsReservationBackWithAllItsBlocks) {
  using Layout = typename TypeParam::Layout;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      void* block = this->allocate(this->kSmall / 2 + 1);
      ASSERT_NE(block, nullptr);
      stamp(block, 16, 1);
    }
    this->allocate(this->kSmall + 1);
    this->heap.close();
    EXPECT_EQ(this->heap.root().cookie, 0u);
    EXPECT_FALSE(this->heap.owns(nullptr));
    ASSERT_TRUE(this->heap.open(this->kRange)) << "fake memory holds one reservation at a time";
    this->thread = this->heap.attach(1, TypeParam::kState);
    EXPECT_EQ(this->heap.root().used_pools, 0u);
    EXPECT_TRUE(all_zero(this->allocate(Layout::kPoolBytes * 8), Layout::kPoolBytes * 8));
  }
}

// ---- full, and trimmed ----

TYPED_TEST(HeapTest, FullRangeGivesNullAndServesAgainAfterFrees) {
  std::vector<void*> blocks;
  while (void* block = this->allocate(this->kSmall)) blocks.push_back(block);
  const std::size_t per_pool = this->kPool / this->kSmall;
  EXPECT_EQ(blocks.size(), 4 * kArenaPools * per_pool);
  EXPECT_EQ(this->allocate(this->kSmall), nullptr);
  EXPECT_EQ(this->allocate(16), nullptr);
  EXPECT_EQ(this->allocate(this->kSmall + 1), nullptr);
  this->free(blocks.back());
  EXPECT_EQ(this->allocate(this->kSmall), blocks.back());
  for (void* block : blocks) this->free(block);
  this->expect_all_free();
  EXPECT_NE(this->allocate(this->kRange), nullptr);
}

TYPED_TEST(HeapTest, TrimGivesAllUnusedPagesBackAndLeavesLiveBlocksAlone) {
  this->heap.root().retain_pools = 1000;
  std::vector<void*> kept, freed;
  for (unsigned i = 0; i < 400; ++i) {
    void* block = this->allocate(64);
    stamp(block, 64, i);
    (i % 40 == 0 ? kept : freed).push_back(block);
  }
  void* span = this->allocate(4 * this->kPool);
  std::memset(span, 1, 4 * this->kPool);
  this->free(span);
  for (void* block : freed) this->free(block);
  EXPECT_TRUE(this->heap.trim(this->thread));
  EXPECT_EQ(this->heap.root().dirty_pools, 0u);
  EXPECT_TRUE(all_zero(span, 4 * this->kPool));
  for (std::size_t i = 0; i < kept.size(); ++i)
    EXPECT_TRUE(stamped(kept[i], 64, static_cast<unsigned>(i * 40)));
  for (void* block : kept) this->free(block);
  EXPECT_TRUE(this->heap.trim(this->thread));
  EXPECT_FALSE(this->heap.trim(this->thread)) << "nothing is left to give";
  this->expect_all_free();
}

TYPED_TEST(HeapTest, TrimUnderRefusalSaysNoAndLosesNothing) {
  this->heap.root().retain_pools = 1000;
  void* span = this->allocate(2 * this->kPool);
  this->free(span);
  this->refuse(1000);
  EXPECT_FALSE(this->heap.trim(this->thread));
  this->allow();
  EXPECT_TRUE(this->heap.trim(this->thread));
  this->expect_all_free();
}

}  // namespace
}  // namespace arenite
