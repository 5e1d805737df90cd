// SPDX-License-Identifier: MIT
// The guard heap over heaps of several geometries: what it hands out, and each damage it must find,
// with the twin that must stay silent.
#include "debug/guard/guard_heap.hpp"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "debug/guard/core_fixture.hpp"
#include "debug/guard/heap_source.hpp"
#include "debug/guard/one_thread.hpp"
#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

template <class G>
class GuardHeapTest : public testing::Test {
 protected:
  using Fake = FakeHeap<G>;
  using Source = HeapSource<typename Fake::TestHeap, OneThread>;
  using Guarded = GuardHeap<Source>;

  void SetUp() override { open({}); }
  void TearDown() override { guarded_.close(); }

  void open(GuardSettings settings) {
    if (thread_ == 0) thread_ = fake_.heap.attach(1);
    ASSERT_NE(thread_, 0u);
    guarded_.close();
    settings.quarantine_bytes = std::min<std::size_t>(settings.quarantine_bytes, 8 << 10);
    ASSERT_TRUE(guarded_.open(settings));
  }

  unsigned char* allocate(std::size_t size, std::size_t alignment = 16, bool zeroed = false,
                          Family family = Family::malloc) {
    Birth birth;
    birth.size = size;
    birth.alignment = alignment;
    birth.family = family;
    birth.zeroed = zeroed;
    birth.serial = ++serial_;
    birth.actor = {3, 77};
    return static_cast<unsigned char*>(guarded_.allocate(birth));
  }

  void free(void* block, Death death = {}) {
    death.actor = {4, 78};
    guarded_.free(block, death, batch_);
  }

  /// What was found since the last question.
  std::vector<Damage> found() { return std::exchange(found_, {}); }

  void expect_one(Fault fault, const void* bad) {
    const std::vector<Damage> damage = found();
    ASSERT_EQ(damage.size(), 1u);
    EXPECT_EQ(damage[0].fault, fault);
    EXPECT_EQ(damage[0].bad, address_of(bad));
  }

  static void take(void* self, const Damage& damage) {
    static_cast<GuardHeapTest*>(self)->found_.push_back(damage);
  }

  Fake fake_;
  ThreadBlock thread_ = 0;
  std::vector<Damage> found_;
  QuarantineBatch batch_;
  std::uint64_t serial_ = 0;
  Guarded guarded_{Source(fake_.heap, OneThread{&thread_}), DamageSink{this, take}};
};

using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(GuardHeapTest, Geometries, );

constexpr std::size_t kSizes[] = {0, 1, 7, 8, 15, 16, 17, 40, 100, 300, 1000, 5000, 40000};
constexpr std::size_t kAlignments[] = {1, 16, 32, 64, 256, 1024, 4096};

TYPED_TEST(GuardHeapTest, BlocksAreAlignedFilledAndKnown) {
  for (const std::size_t size : kSizes)
    for (const std::size_t alignment : kAlignments) {
      unsigned char* block = this->allocate(size, alignment);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(address_of(block) % alignment, 0u);
      if (size > 0) {
        EXPECT_EQ(block[0], kFreshByte);
        EXPECT_EQ(block[size - 1], kFreshByte);
      }
      std::memset(block, 0, size);
      BlockFacts facts;
      for (const std::size_t inside : {std::size_t{0}, size / 2, size}) {
        ASSERT_TRUE(this->guarded_.find(address_of(block) + inside, facts));
        EXPECT_EQ(facts.begin, address_of(block));
      }
      EXPECT_EQ(facts.size, size);
      EXPECT_EQ(facts.serial, this->serial_);
      EXPECT_EQ(facts.allocated, 77u);
      EXPECT_EQ(facts.allocated_by, 3u);
      EXPECT_EQ(facts.state, BlockState::live);
      EXPECT_TRUE(this->guarded_.check_block(address_of(block)));
      this->free(block);
      ASSERT_TRUE(this->guarded_.find(address_of(block), facts));
      EXPECT_EQ(facts.state, BlockState::freed);
      EXPECT_EQ(facts.freed, 78u);
      this->guarded_.hand_over(this->batch_);
      this->guarded_.drain();
    }
  EXPECT_TRUE(this->found().empty());
}

TYPED_TEST(GuardHeapTest, ZeroedBlocksAreZeroOnUsedMemoryToo) {
  for (const std::size_t size : kSizes)
    for (unsigned again = 0; again < 3; ++again) {
      unsigned char* block = this->allocate(size, 16, true);
      ASSERT_NE(block, nullptr);
      EXPECT_TRUE(all_zero(block, size)) << size;
      std::memset(block, 0xa5, size);
      this->free(block);
      this->guarded_.hand_over(this->batch_);
      this->guarded_.drain();
    }
  EXPECT_TRUE(this->found().empty());
}

TYPED_TEST(GuardHeapTest, EachByteBehindTheRequestIsGuarded) {
  for (const std::size_t size : {0u, 1u, 7u, 16u, 41u, 300u})
    for (std::size_t behind = 0; behind < 16; ++behind) {
      unsigned char* block = this->allocate(size);
      block[size + behind] ^= 1;
      this->free(block);
      this->expect_one(Fault::heap_buffer_overflow, block + size + behind);
    }
}

TYPED_TEST(GuardHeapTest, EachByteBeforeTheRequestIsGuarded) {
  for (std::size_t before = 1; before <= 16; ++before) {
    unsigned char* block = this->allocate(20);
    block[-static_cast<std::ptrdiff_t>(before)] ^= 1;
    EXPECT_FALSE(this->guarded_.check_block(address_of(block)));
    this->expect_one(Fault::heap_buffer_underflow, block - before);
    // Told once: the guard is whole again.
    EXPECT_TRUE(this->guarded_.check_block(address_of(block)));
    this->free(block);
  }
  EXPECT_TRUE(this->found().empty());
}

TYPED_TEST(GuardHeapTest, WritesAfterFreeAreFoundWhenTheBlockLeavesQuarantine) {
  unsigned char* block = this->allocate(100);
  this->free(block);
  block[50] = 1;
  this->guarded_.hand_over(this->batch_);
  EXPECT_TRUE(this->found().empty());
  this->guarded_.drain();
  this->expect_one(Fault::heap_use_after_free, block + 50);
}

/// What was leaving for it too: the next thread begins with a batch of its own.
TYPED_TEST(GuardHeapTest, EmptiedBatchHoldsNothing) {
  const std::size_t size = this->guarded_.quarantine().most_bytes() / 100;
  for (unsigned i = 0; i < 400; ++i) this->free(this->allocate(size));
  this->guarded_.hand_over(this->batch_);
  EXPECT_LT(this->batch_.left, this->batch_.leaving_count) << "or the test tells nothing";
  this->free(this->allocate(size));
  this->guarded_.empty(this->batch_);
  EXPECT_EQ(this->batch_.count, 0u);
  EXPECT_EQ(this->batch_.left, this->batch_.leaving_count);
  EXPECT_TRUE(this->found().empty());
}

TYPED_TEST(GuardHeapTest, WritesAfterFreeAreFoundByACheckOfAll) {
  unsigned char* block = this->allocate(100);
  unsigned char* other = this->allocate(200);
  this->free(block);
  std::size_t checked = 0;
  EXPECT_EQ(this->guarded_.check_all(checked), 0u);
  EXPECT_GE(checked, 2u);
  block[99] = 1;
  other[200] = 1;
  checked = 0;
  EXPECT_EQ(this->guarded_.check_all(checked), 2u);
  EXPECT_EQ(this->found().size(), 2u);
}

TYPED_TEST(GuardHeapTest, SecondFreeIsADoubleFreeWhileInQuarantine) {
  unsigned char* block = this->allocate(100);
  this->free(block);
  this->free(block);
  this->expect_one(Fault::double_free, block);
}

TYPED_TEST(GuardHeapTest, WhatNoBlockBeginsAtIsABadFree) {
  unsigned char* block = this->allocate(100);
  int local = 0;
  for (void* bad :
       {static_cast<void*>(block + 8), static_cast<void*>(block - 16), static_cast<void*>(&local),
        reinterpret_cast<void*>(std::uintptr_t{16}), reinterpret_cast<void*>(~std::uintptr_t{0})}) {
    this->free(bad);
    this->expect_one(Fault::bad_free, bad);
  }
  this->free(block);
  EXPECT_TRUE(this->found().empty());
}

TYPED_TEST(GuardHeapTest, FamiliesHaveToMatch) {
  constexpr Family kFamilies[] = {Family::malloc, Family::aligned, Family::new_object,
                                  Family::new_array, Family::new_aligned};
  for (const Family allocated : kFamilies)
    for (const Family released : kFamilies) {
      unsigned char* block = this->allocate(30, 16, false, allocated);
      Death death;
      death.family = released;
      this->free(block, death);
      const bool match =
          allocated == released || (allocated <= Family::aligned && released <= Family::aligned);
      if (match)
        EXPECT_TRUE(this->found().empty());
      else
        this->expect_one(Fault::alloc_dealloc_mismatch, block);
    }
}

TYPED_TEST(GuardHeapTest, SaidSizeAndAlignmentHaveToBeRight) {
  for (const bool right : {true, false}) {
    unsigned char* block = this->allocate(30);
    Death death;
    death.size = right ? 30 : 29;
    this->free(block, death);
    EXPECT_EQ(this->found().size(), right ? 0u : 1u);
    block = this->allocate(30, 64);
    death = {};
    death.alignment = right ? 64 : 8192;
    const bool by_chance = address_of(block) % 8192 == 0;
    this->free(block, death);
    EXPECT_EQ(this->found().size(), right || by_chance ? 0u : 1u);
  }
}

TYPED_TEST(GuardHeapTest, QuarantineKeepsBlocksFromReuseAndItsLimit) {
  std::map<void*, int> freed;
  for (int i = 0; i < 400; ++i) {
    unsigned char* block = this->allocate(40);
    ASSERT_NE(block, nullptr);
    EXPECT_FALSE(freed.contains(block) && i - freed[block] < 64);
    freed[block] = i;
    this->free(block);
    EXPECT_LE(this->guarded_.quarantine().bytes(), this->guarded_.settings().quarantine_bytes);
  }
  EXPECT_GT(this->guarded_.quarantine().count(), 0u);
}

TYPED_TEST(GuardHeapTest, WhatIsNotedOfABlockCountsAsWaitingToo) {
  BlockFacts facts;
  for (int i = 0; i < 4000; ++i) {
    unsigned char* block = this->allocate(1);
    ASSERT_TRUE(this->guarded_.find(address_of(block), facts));
    this->free(block);
  }
  this->guarded_.hand_over(this->batch_);
  const std::size_t each =
      facts.outer_end - facts.outer_begin + sizeof(SideRecord) + sizeof(QuarantineEntry);
  const auto& quarantine = this->guarded_.quarantine();
  EXPECT_EQ(quarantine.bytes(), quarantine.count() * each);
  EXPECT_EQ(quarantine.count(), quarantine.most_bytes() / each) << "it is full";
}

/// With the most that may wait unless asked otherwise.
TEST(QuarantineTest, ABlockHoweverLargeWaitsAlone) {
  Quarantine quarantine;
  ASSERT_TRUE(quarantine.open(GuardSettings().quarantine_bytes, 32));
  QuarantineBatch batch;
  const auto leave = [](QuarantineEntry) {};
  for (const std::size_t bytes : {std::size_t{32}, std::size_t{40} << 20, std::size_t{1} << 40}) {
    batch.add({16, bytes});
    quarantine.take_in(batch, leave);
    EXPECT_EQ(quarantine.count(), 1u) << bytes;
    EXPECT_EQ(batch.leaving_count, bytes == 32 ? 0u : 1u) << "the one before";
    batch.left = batch.leaving_count;
  }
  quarantine.close();
}

TEST(QuarantineTest, ABatchIsFullByCountAndByBytes) {
  QuarantineBatch small;
  for (unsigned i = 1; i < QuarantineBatch::kEntries; ++i) small.add({16, 32});
  EXPECT_FALSE(small.full());
  small.add({16, 32});
  EXPECT_TRUE(small.full());
  QuarantineBatch large;
  large.add({16, QuarantineBatch::kMostBytes});
  EXPECT_FALSE(large.full());
  large.add({16, 16});
  EXPECT_TRUE(large.full());
}

TEST(QuarantineTest, HoldsNothingOnceClosed) {
  Quarantine quarantine;
  QuarantineBatch batch;
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(quarantine.open(1 << 20, 32));
    EXPECT_EQ(quarantine.count(), 0u);
    batch.add({16, 64});
    quarantine.take_in(batch, [](QuarantineEntry) {});
    EXPECT_EQ(quarantine.count(), 1u);
    EXPECT_EQ(quarantine.bytes(), 64 + QuarantineEntry::kNotedBytes);
    quarantine.close();
    EXPECT_EQ(quarantine.count(), 0u);
    EXPECT_EQ(quarantine.bytes(), 0u);
  }
}

TEST(QuarantineTest, ItsRingHoldsAsManyAsMayWaitAndABatchMore) {
  constexpr std::size_t kMost = std::size_t{1} << 20, kLeast = 32;
  Quarantine quarantine;
  ASSERT_TRUE(quarantine.open(kMost, kLeast));
  EXPECT_EQ(quarantine.ring().size() / sizeof(QuarantineEntry),
            kMost / (kLeast + QuarantineEntry::kNotedBytes) + QuarantineBatch::kEntries);
  quarantine.close();
}

/// Blocks smaller than any should be: by their bytes all of them could wait.
TEST(QuarantineTest, WhatTheRingHasNoRoomForMakesTheEldestLeave) {
  constexpr std::size_t kMost = std::size_t{1} << 14;
  Quarantine quarantine;
  ASSERT_TRUE(quarantine.open(kMost, kMost));
  ASSERT_EQ(quarantine.ring().size() / sizeof(QuarantineEntry), QuarantineBatch::kEntries);
  std::vector<Address> left;
  const auto leave = [&](QuarantineEntry entry) { left.push_back(entry.block()); };
  std::vector<Address> blocks;
  for (unsigned round = 0; round < 3; ++round) {
    QuarantineBatch batch;
    for (unsigned i = 0; i < QuarantineBatch::kEntries; ++i) {
      blocks.push_back((blocks.size() + 1) * 16);
      batch.add({blocks.back(), 16});
    }
    quarantine.take_in(batch, leave);
    EXPECT_EQ(batch.leaving_count, 0u);
    EXPECT_EQ(quarantine.count(), QuarantineBatch::kEntries);
  }
  quarantine.drain(leave);
  EXPECT_EQ(left, blocks);
  quarantine.close();
}

TYPED_TEST(GuardHeapTest, RefusalsOfTheHeapAreNull) {
  EXPECT_EQ(this->allocate(std::size_t{1} << 45), nullptr);
  EXPECT_EQ(this->allocate(~std::size_t{0} - 40), nullptr);
  EXPECT_EQ(this->allocate(std::size_t{1} << 60, std::size_t{1} << 62), nullptr);
  EXPECT_TRUE(this->found().empty());
}

TYPED_TEST(GuardHeapTest, EachLiveVisitsExactlyTheLiveBlocks) {
  std::map<Address, std::size_t> expected;
  for (const std::size_t size : kSizes) {
    expected[address_of(this->allocate(size))] = size;
    this->free(this->allocate(size));
  }
  std::map<Address, std::size_t> visited;
  this->guarded_.each_live([&](const BlockFacts& facts) { visited[facts.begin] = facts.size; });
  EXPECT_EQ(visited, expected);
}

/// A source that counts how often it was asked for zeroed memory.
struct CountingSource : HeapSource<FakeHeap<Production>::TestHeap, OneThread> {
  using Base = HeapSource<FakeHeap<Production>::TestHeap, OneThread>;
  CountingSource(Base base, unsigned& count) : Base(base), asked(&count) {}
  void* allocate_zeroed(std::size_t bytes) {
    ++*asked;
    return Base::allocate_zeroed(bytes);
  }
  unsigned* asked;
};

/// Its pages may be zero already; small ones are filled faster.
TEST(GuardHeapZeroedTest, OnlyALargeBlockIsZeroedByTheHeap) {
  FakeHeap<Production> fake;
  ThreadBlock thread = fake.heap.attach(1);
  unsigned asked = 0;
  GuardHeap<CountingSource> guarded(CountingSource({fake.heap, OneThread{&thread}}, asked),
                                    DamageSink{nullptr, [](void*, const Damage&) {}});
  ASSERT_TRUE(guarded.open({}));
  Birth birth;
  birth.zeroed = true;
  for (const std::size_t size : {std::size_t{100}, std::size_t{32} << 10}) {
    birth.size = size;
    EXPECT_NE(guarded.allocate(birth), nullptr);
    EXPECT_EQ(asked, 0u) << size;
  }
  birth.size = std::size_t{33} << 10;
  EXPECT_NE(guarded.allocate(birth), nullptr);
  EXPECT_EQ(asked, 1u);
  birth.zeroed = false;
  EXPECT_NE(guarded.allocate(birth), nullptr);
  EXPECT_EQ(asked, 1u);
  guarded.close();
}

TYPED_TEST(GuardHeapTest, WithoutAThreadBlockTheHeapHasNothing) {
  ThreadBlock none = 0;
  typename TestFixture::Source source(this->fake_.heap, OneThread{&none});
  EXPECT_EQ(source.allocate(100), nullptr);
  EXPECT_EQ(source.allocate_zeroed(100), nullptr);
  EXPECT_EQ(source.allocate_aligned(64, 100), nullptr);
}

TYPED_TEST(GuardHeapTest, CoresHoldRecordsOnceThereAreBlocks) {
  const auto& table = this->guarded_.table();
  EXPECT_TRUE(left_out_of_cores(table.records().begin));
  EXPECT_TRUE(left_out_of_cores(table.first_pools().begin));
  ASSERT_NE(this->allocate(100), nullptr);
  EXPECT_FALSE(left_out_of_cores(table.records().begin));
  EXPECT_FALSE(left_out_of_cores(table.first_pools().begin));
}

TEST(SideRecordTest, ThreadNumbersAreKeptUpToTheLastOfSixteenBits) {
  for (const ThreadNumber thread : {0u, 1u, 0xfffeu, 0xffffu})
    EXPECT_EQ(recorded_thread(thread), thread);
  EXPECT_EQ(recorded_thread(0x10000), 0xffffu);
  EXPECT_EQ(recorded_thread(~ThreadNumber{0}), 0xffffu);
}

TEST(HeadCodeTest, EncodesWhatHeadForGives) {
  for (const std::size_t guard : {0u, 16u, 48u, 112u, 1024u, 4096u})
    for (std::size_t alignment = 16; alignment <= (std::size_t{1} << 30); alignment *= 2) {
      const std::size_t head = HeadCode::head_for(guard, alignment);
      EXPECT_GE(head, guard);
      EXPECT_EQ(head % alignment, 0u);
      EXPECT_EQ(HeadCode::decode(HeadCode::encode(head)), head);
    }
}

}  // namespace
}  // namespace arenite
