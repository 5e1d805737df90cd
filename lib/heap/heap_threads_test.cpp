// SPDX-License-Identifier: MIT
// Several threads on one heap. Runs under ThreadSanitizer too.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

// ---- thread blocks, one real thread ----

template <class Setup>
class HeapThreadBlocksTest : public HeapFixture<Setup> {};
TYPED_TEST_SUITE(HeapThreadBlocksTest, HeapSetups);

TYPED_TEST(HeapThreadBlocksTest, OneMoreThanTheTableHoldsGetsNone) {
  if (this->heap.root().max_threads > 100) GTEST_SKIP() << "the table is long";
  std::vector<ThreadBlock> all{this->thread};
  while (const ThreadBlock next = this->heap.attach(2, TypeParam::kState)) all.push_back(next);
  EXPECT_EQ(all.size(), this->heap.root().max_threads);
  this->heap.detach(all.back());
  EXPECT_EQ(this->heap.attach(3, TypeParam::kState), all.back());
}

TYPED_TEST(HeapThreadBlocksTest, DetachHandsEverythingBack) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  std::vector<void*> blocks;
  for (const std::uint32_t size : TypeParam::Layout::kBlockBytes)
    for (int i = 0; i < 3; ++i) blocks.push_back(this->heap.allocate(other, size));
  for (void* block : blocks) this->heap.free(other, block);
  EXPECT_GT(this->heap.root().used_pools, 0u);
  this->heap.detach(other);
  EXPECT_EQ(this->heap.root().used_pools, 0u);
  this->expect_all_free();
}

TYPED_TEST(HeapThreadBlocksTest, LiveBlocksOutliveTheThreadBlockTheyCameFrom) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  std::vector<void*> blocks;
  for (unsigned i = 0; i < 100; ++i) {
    blocks.push_back(this->heap.allocate(other, 40));
    stamp(blocks.back(), 40, i);
  }
  this->heap.detach(other);
  for (int i = 0; i < 300; ++i) stamp(this->allocate(40), 40, 1000);
  for (unsigned i = 0; i < 100; ++i) EXPECT_TRUE(stamped(blocks[i], 40, i));
}

TYPED_TEST(HeapThreadBlocksTest, BlocksFreedThroughAnotherThreadBlockComeBack) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  using Classes = SizeClasses<typename TypeParam::Layout>;
  const ClassFacts& facts = Classes::kFacts[1];
  for (int round = 0; round < 5; ++round) {
    std::vector<void*> blocks;
    for (unsigned i = 0; i < 3u * facts.capacity; ++i)
      blocks.push_back(this->allocate(facts.block_bytes));
    const std::uint32_t pools = this->heap.root().used_pools;
    EXPECT_LE(pools, 5u) << "round " << round << ": blocks freed elsewhere are used again";
    for (void* block : blocks) this->heap.free(other, block);
  }
  this->heap.detach(other);
  this->expect_all_free();
}

TYPED_TEST(HeapThreadBlocksTest, FullPoolOfAnotherIsListedWhenABlockComesBack) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  using Classes = SizeClasses<typename TypeParam::Layout>;
  const ClassFacts& facts = Classes::kFacts.back();
  std::vector<void*> blocks;
  for (unsigned i = 0; i < 2u * facts.capacity; ++i)
    blocks.push_back(this->heap.allocate(other, facts.block_bytes));
  this->heap.detach(other);  // both pools are full now, in no list
  const auto& list = this->heap.root().lists[Classes::kCount - 1];
  EXPECT_EQ(list.length, 0u);
  this->free(blocks.front());
  this->heap.hand_back_all(this->thread);
  if (facts.capacity > 1) {
    EXPECT_EQ(list.length, 1u);
    EXPECT_EQ(this->allocate(facts.block_bytes), blocks.front());
  } else {
    EXPECT_EQ(this->heap.root().used_pools, 1u);
  }
}

TYPED_TEST(HeapThreadBlocksTest, TwoThreadBlocksNeverShareABlock) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  std::vector<void*> mine, theirs;
  for (unsigned i = 0; i < 300; ++i) {
    mine.push_back(this->allocate(32));
    theirs.push_back(this->heap.allocate(other, 32));
    stamp(mine.back(), 32, i);
    stamp(theirs.back(), 32, i + 5000);
    if (i % 3 == 0) {
      this->heap.free(other, mine.back());
      this->free(theirs.back());
      mine.pop_back();
      theirs.pop_back();
      mine.push_back(this->allocate(32));
      theirs.push_back(this->heap.allocate(other, 32));
      stamp(mine.back(), 32, i);
      stamp(theirs.back(), 32, i + 5000);
    }
  }
  for (unsigned i = 0; i < 300; ++i) {
    EXPECT_TRUE(stamped(mine[i], 32, i));
    EXPECT_TRUE(stamped(theirs[i], 32, i + 5000));
    this->heap.free(other, mine[i]);
    this->free(theirs[i]);
  }
  this->heap.detach(other);
  this->expect_all_free();
}

// ---- several real threads ----

using SystemHeap = Heap<HeapConfig<Production, LinuxPages>>;

/// What is committed of tables and range.
template <class TestHeap>
std::size_t committed(const TestHeap& heap) {
  const auto& root = heap.root();
  return root.arenas.committed + root.class_bytes.committed + root.pools.committed +
         root.bitmaps.committed + root.shelves.committed + root.threads.committed +
         root.range.committed;
}

TEST(HeapThreadsTest, TenThousandThreadsComingAndGoingKeepMemoryFlat) {
  constexpr int kThreads = kThreadSanitizer ? 1000 : 10000;
  SystemHeap heap{LinuxPages()};
  ASSERT_TRUE(heap.open(std::size_t{1} << 30));
  const ThreadBlock first = heap.attach(1), second = heap.attach(2);
  heap.free(first, heap.allocate(first, 100));
  heap.detach(first);
  heap.detach(second);
  std::size_t at_first = 0;
  for (int i = 0; i < kThreads; i += 2) {
    // The first few come by all tables.
    if (i == 100) at_first = committed(heap);
    const auto work = [&heap](std::uint64_t number) {
      const ThreadBlock thread = heap.attach(number);
      ASSERT_NE(thread, 0u);
      void* blocks[20];
      for (std::size_t j = 0; j < 20; ++j) {
        blocks[j] = heap.allocate(thread, std::size_t{16} << (j % 10));
        ASSERT_NE(blocks[j], nullptr);
        stamp(blocks[j], 16, static_cast<unsigned>(number));
      }
      for (void* block : blocks) {
        ASSERT_TRUE(stamped(block, 16, static_cast<unsigned>(number)));
        heap.free(thread, block);
      }
      heap.detach(thread);
    };
    std::thread one(work, static_cast<std::uint64_t>(i)),
        two(work, static_cast<std::uint64_t>(i) + 1);
    one.join();
    two.join();
  }
  EXPECT_EQ(committed(heap), at_first);
  EXPECT_EQ(heap.root().used_pools, 0u);
  EXPECT_LE(heap.root().threads_used, 2u);
  heap.close();
}

/// Small, with tables long enough for several threads and a range they can fill.
struct Small : Tiny {
  static constexpr const char* kName = "small";
  static constexpr std::size_t kRangeBytes = kPoolBytes * kArenaPools * 16;
  static constexpr std::uint32_t kMaxThreads = 8;
};
static_assert(Geometry<Small>);

/// Threads allocate, fill, pass blocks on through shared mailboxes, check and free what they find,
/// reallocate, come and go. What a block must hold is kept apart from it.
template <class TestHeap>
class Stress {
 public:
  static constexpr unsigned kThreads = 4, kMailboxes = 256;

  /// One block in `large_every` is of up to `largest` bytes.
  Stress(TestHeap& heap, std::size_t largest, unsigned large_every, ThreadState state)
      : heap_(heap), largest_(largest), large_every_(large_every), state_(state) {}

  void run(unsigned rounds) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kThreads; ++i)
      threads.emplace_back([this, i, rounds] { work(i, rounds); });
    for (std::thread& thread : threads) thread.join();
    const ThreadBlock thread = heap_.attach(99, state_);
    for (auto& mailbox : mailboxes_) open(thread, mailbox.exchange(nullptr));
    heap_.detach(thread);
  }

  unsigned damaged() const { return damaged_; }
  unsigned passed_on() const { return passed_on_; }

 private:
  /// From here on a span that grows is moved by its pages.
  static constexpr std::size_t kMovedBytes = 256 << 10;

  struct Parcel {
    void* block = nullptr;
    std::size_t bytes = 0;
    std::uint32_t tag = 0;
  };

  std::size_t pick(std::mt19937& random) const {
    const unsigned kind = static_cast<unsigned>(random());
    if (kind % large_every_ == 0) return 1 + random() % largest_;
    return 1 + random() % (kind % 8 == 1 ? 1024 : 120);
  }

  Parcel make(ThreadBlock thread, std::size_t bytes, std::uint32_t tag) {
    const Parcel parcel{heap_.allocate(thread, bytes), bytes, tag};
    if (parcel.block != nullptr) stamp(parcel.block, filled(bytes), tag);
    return parcel;
  }
  /// Spans are filled at the beginning only, to spend the time on traffic.
  static std::size_t filled(std::size_t bytes) { return std::min<std::size_t>(bytes, 512); }
  void check(const Parcel& parcel) {
    if (!stamped(parcel.block, filled(parcel.bytes), parcel.tag)) ++damaged_;
  }
  void check_and_free(ThreadBlock thread, const Parcel& parcel) {
    if (parcel.block == nullptr) return;
    check(parcel);
    heap_.free(thread, parcel.block);
  }
  void open(ThreadBlock thread, Parcel* parcel) {
    const std::unique_ptr<Parcel> mine(parcel);
    if (mine) check_and_free(thread, *mine);
  }

  void work(unsigned number, unsigned rounds) {
    std::mt19937 random(number * 7919 + 1);
    ThreadBlock thread = heap_.attach(number, state_);
    std::array<Parcel, 32> own{};
    for (unsigned round = 0; round < rounds; ++round) {
      const std::uint32_t tag = number << 24 | round;
      Parcel& slot = own[random() % own.size()];
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {  // to somebody else, and free what lay there
          auto parcel = std::make_unique<Parcel>(make(thread, pick(random), tag));
          // Release: hands the contents over; acquire: takes over those of the other.
          Parcel* found = mailboxes_[random() % kMailboxes].exchange(parcel.release(),
                                                                     std::memory_order_acq_rel);
          if (found != nullptr) ++passed_on_;
          open(thread, found);
          break;
        }
        case 3: {
          if (slot.block == nullptr) break;
          const std::size_t bytes = pick(random);
          check(slot);
          // Pages are moved to where none are touched. Not for small blocks: threads keep nothing
          // in arrays for a while when pages went back.
          if (slot.bytes >= kMovedBytes) heap_.trim(thread);
          if (void* moved = heap_.reallocate(thread, slot.block, bytes)) {
            slot.block = moved;
            slot.bytes = std::min(slot.bytes, bytes);
            check(slot);
            slot = {moved, bytes, tag};
            stamp(moved, filled(bytes), tag);
          }
          break;
        }
        case 4: {
          if (random() % 8 != 0) break;
          heap_.detach(thread);
          thread = heap_.attach(number, state_);
          if (thread == 0) {
            ++damaged_;
            return;
          }
          break;
        }
        default:
          check_and_free(thread, slot);
          slot = make(thread, pick(random), tag);
      }
    }
    for (const Parcel& parcel : own) check_and_free(thread, parcel);
    heap_.detach(thread);
  }

  TestHeap& heap_;
  std::size_t largest_;
  unsigned large_every_;
  ThreadState state_;
  std::array<std::atomic<Parcel*>, kMailboxes> mailboxes_{};
  std::atomic<unsigned> damaged_{0};
  std::atomic<unsigned> passed_on_{0};
};

constexpr unsigned kRounds = 60000;

template <class Setup>
class HeapStressTest : public testing::Test {};
using StressSetups = testing::Types<On<Small>, On<Small, ThreadState::diverted>>;
TYPED_TEST_SUITE(HeapStressTest, StressSetups);

TYPED_TEST(HeapStressTest, BlocksPassedBetweenThreadsStayIntactOnASmallRange) {
  FakeHeap<Small> fake(16);
  ASSERT_TRUE(fake.opened);
  Stress<FakeHeap<Small>::TestHeap> stress(fake.heap, 12 * Small::kPoolBytes, 16,
                                           TypeParam::kState);
  stress.run(kRounds);
  EXPECT_EQ(stress.damaged(), 0u);
  EXPECT_GT(stress.passed_on(), 1000u);
  EXPECT_EQ(fake.heap.root().used_pools, 0u);
  EXPECT_EQ(arena_findings<Small>(fake.heap.root()), "");
}

// Spans beyond the size from which pages are moved.
TYPED_TEST(HeapStressTest, LargeSpansOfSeveralThreadsStayIntact) {
  FakeHeap<Small> fake(256);
  ASSERT_TRUE(fake.opened);
  Stress<FakeHeap<Small>::TestHeap> stress(fake.heap, std::size_t{700} << 10, 2, TypeParam::kState);
  stress.run(kRounds / 2);
  EXPECT_EQ(stress.damaged(), 0u);
  EXPECT_GT(fake.memory.moves, 0u);
  EXPECT_EQ(fake.heap.root().used_pools, 0u);
}

TYPED_TEST(HeapStressTest, BlocksPassedBetweenThreadsStayIntactOnTheSystemsPages) {
  SystemHeap heap{LinuxPages()};
  ASSERT_TRUE(heap.open(std::size_t{256} << 20));
  Stress<SystemHeap> stress(heap, std::size_t{1} << 20, 64, TypeParam::kState);
  stress.run(kRounds);
  EXPECT_EQ(stress.damaged(), 0u);
  EXPECT_GT(stress.passed_on(), 1000u);
  EXPECT_EQ(heap.root().used_pools, 0u);
  EXPECT_EQ(arena_findings<Production>(heap.root()), "");
  heap.close();
}

/// A heap that hands the same block to everybody: the judge must say no.
struct SharingHeap {
  alignas(16) char block[2048] = {};
  ThreadBlock attach(std::uint64_t, ThreadState) { return 1; }
  void detach(ThreadBlock) {}
  void* allocate(ThreadBlock, std::size_t) { return block; }
  void* reallocate(ThreadBlock, void* at, std::size_t) { return at; }
  bool trim(ThreadBlock) { return false; }
  void free(ThreadBlock, void*) {}
};

TEST(HeapStressJudgeTest, SharedBlocksAreFound) {
  if (kThreadSanitizer) GTEST_SKIP() << "this is a race, as it is meant to be";
  SharingHeap heap;
  Stress<SharingHeap> stress(heap, 1024, 16, ThreadState::live);
  stress.run(500);
  EXPECT_GT(stress.damaged(), 0u);
}

}  // namespace
}  // namespace arenite
