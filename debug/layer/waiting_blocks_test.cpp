// SPDX-License-Identifier: MIT
// D5 over a ring and batches that were made up: entries in each of their places, and tables that
// say what cannot be, after which nobody relies on what was not found.
#include "debug/layer/waiting_blocks.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/layer/fake_layer.hpp"

namespace arenite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WaitingBlocksTest : public ::testing::Test, protected FakeLayer {
 protected:
  WaitingBlocksTest() {
    put_pool(0, PoolState::full);
    SideRecordOf<Remote> said = record();
    said.state = SideState::freed;
    for (std::uint32_t index = 0; index < kCapacity; ++index)
      memory.put(plan.record(0, index), said);
  }

  QuarantineEntry entry(std::uint32_t index) const { return {block(0, index) + 16, kBlockBytes}; }

  /// `count` entries from the place `begin` on, of the blocks 0, 1, 2 ...
  void put_ring(std::uint64_t begin, std::uint64_t count) {
    ring.begin = begin;
    ring.count = count;
    ring.bytes = count * entry(0).held_bytes();
    for (std::uint64_t i = 0; i < count; ++i)
      memory.put(kRing + (begin + i) % ring.capacity * 8, entry(static_cast<std::uint32_t>(i)));
    memory.put(kQuarantine, ring);
  }
  void put_batch(std::uint32_t thread, const QuarantineBatch& batch) {
    memory.put(kThreadsUsed, thread + 1);
    memory.put(plan.batch(thread), batch);
  }

  /// All that is found. Which blocks wait: `waiting_`.
  std::vector<std::string> gather() {
    std::vector<std::string> texts;
    Findings findings(
        [](void* to, const Finding& finding) {
          static_cast<std::vector<std::string>*>(to)->push_back(finding.text);
        },
        &texts);
    WaitingBlocks<MadeUpMemory> blocks(memory, heap, plan, findings);
    EXPECT_TRUE(blocks.had());
    blocks.gather();
    complete_ = blocks.complete();
    locked_ = blocks.locked();
    unreadable_ = findings.first_unreadable();
    waiting_.clear();
    for (std::uint32_t index = 0; index < kCapacity; ++index)
      if (blocks.marked(0, index)) waiting_.push_back(index);
    return texts;
  }

  bool complete_ = false, locked_ = false;
  Address unreadable_ = 0;
  std::vector<std::uint32_t> waiting_;
};

TEST_F(WaitingBlocksTest, NothingWaits) {
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_THAT(waiting_, IsEmpty());
  EXPECT_TRUE(complete_);
  EXPECT_FALSE(locked_);
}

TEST_F(WaitingBlocksTest, InARingThatGoesRoundItsEnd) {
  put_ring(98, 5);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_THAT(waiting_, ElementsAre(0, 1, 2, 3, 4));
  put_ring(0, kCapacity);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_EQ(waiting_.size(), kCapacity);
}

TEST_F(WaitingBlocksTest, AThreadIsInsideTheQuarantine) {
  ring.lock = 1;
  memory.put(kQuarantine, ring);
  gather();
  EXPECT_TRUE(locked_);
}

TEST_F(WaitingBlocksTest, BytesThatDoNotAddUp) {
  put_ring(0, 3);
  ring.bytes += 16;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(gather(), ElementsAre("the quarantine counts 328 bytes; its entries are 312"));
  ring.bytes -= 16;
  ring.most_bytes = ring.bytes;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(gather(), IsEmpty());
  --ring.most_bytes;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(gather(), ElementsAre("the quarantine holds 312 bytes, of 311"));
  ring.count = 0;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(gather(), ElementsAre("the quarantine counts 312 bytes; its entries are 0"))
      << "one that holds nothing does not hold too much";
}

TEST_F(WaitingBlocksTest, ARingThatCannotBe) {
  const auto broken = [&](auto change) {
    const QuarantineState<Remote> kept = ring;
    change(ring);
    memory.put(kQuarantine, ring);
    const std::size_t found = gather().size();
    EXPECT_EQ(found, complete_ ? 0u : 1u);
    ring = kept;
    return found == 1;
  };
  const auto is = [](std::uint64_t begin, std::uint64_t count, std::uint64_t capacity) {
    return [=](QuarantineState<Remote>& to) {
      to.begin = begin;
      to.count = count;
      to.capacity = capacity;
    };
  };
  EXPECT_TRUE(broken(is(101, 0, 100)));
  EXPECT_TRUE(broken(is(0, 101, 100)));
  EXPECT_TRUE(broken(is(0, kArenaPools * 64 + 1, 10000))) << "more than there are records";
  EXPECT_TRUE(broken(is(0, 0, detail::kMostAddress / 8 + 1)));
  EXPECT_FALSE(broken(is(100, 0, 100)));
  EXPECT_FALSE(broken(is(0, 0, 0)));
  EXPECT_FALSE(broken(is(0, 0, detail::kMostAddress / 8)));
  EXPECT_TRUE(broken([](auto& to) { to.ring = detail::kMostAddress + 1; }));
  EXPECT_FALSE(broken([](auto& to) { to.ring = detail::kMostAddress; }));
}

TEST_F(WaitingBlocksTest, ARingThatCannotBeRead) {
  put_ring(0, 2);
  memory.erase(kRing + 8);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_FALSE(complete_);
  EXPECT_EQ(unreadable_, kRing);
  memory.erase(kQuarantine);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_FALSE(complete_);
  EXPECT_EQ(unreadable_, kQuarantine);
}

TEST_F(WaitingBlocksTest, InBatchesOfAllThreads) {
  QuarantineBatch first, second;
  first.add(entry(3));
  first.add(entry(9));
  second.add(entry(20));
  put_batch(0, first);
  put_batch(1, second);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_THAT(waiting_, ElementsAre(3, 9, 20));
}

TEST_F(WaitingBlocksTest, OneThatJustLeftAndThoseThatWillLeave) {
  QuarantineBatch batch;
  for (const std::uint32_t index : {1u, 2u, 3u, 4u})
    batch.leaving[batch.leaving_count++] = entry(index);
  batch.left = 2;
  memory.put(plan.record(0, 2), record());
  put_batch(0, batch);
  EXPECT_THAT(gather(), IsEmpty()) << "the one that just left may be live again";
  EXPECT_THAT(waiting_, ElementsAre(2, 3, 4));
  batch.left = 4;
  put_batch(0, batch);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_THAT(waiting_, ElementsAre(4));
}

TEST_F(WaitingBlocksTest, ABatchThatCannotBe) {
  QuarantineBatch batch;
  const auto broken = [&](unsigned count, unsigned leaving, unsigned left) {
    batch.count = count;
    batch.leaving_count = leaving;
    batch.left = left;
    put_batch(0, batch);
    const auto found = gather();
    EXPECT_EQ(complete_, found.size() != 1) << "what is missing then says nothing";
    return !complete_;
  };
  for (unsigned i = 0; i < QuarantineBatch::kEntries; ++i)
    batch.entries[i] = batch.leaving[i] = batch.leaving[64 + i] = entry(i);
  EXPECT_TRUE(broken(QuarantineBatch::kEntries + 1, 0, 0));
  EXPECT_TRUE(broken(0, QuarantineBatch::kLeaving + 1, 0));
  EXPECT_TRUE(broken(0, 5, 6));
  EXPECT_FALSE(broken(QuarantineBatch::kEntries, 0, 0));
  EXPECT_FALSE(broken(0, QuarantineBatch::kLeaving, 0));
  EXPECT_FALSE(broken(0, 5, 5));
}

TEST_F(WaitingBlocksTest, ABatchThatIsTooLongIsSaidOnce) {
  QuarantineBatch batch;
  batch.count = 65;
  batch.leaving_count = 3;
  put_batch(1, batch);
  memory.put(plan.batch(0), QuarantineBatch{});
  EXPECT_THAT(gather(),
              ElementsAre("the batch of thread place 1 holds 65 entries, and 3 that leave"));
}

TEST_F(WaitingBlocksTest, ABatchThatCannotBeReadHidesNoOther) {
  QuarantineBatch batch;
  batch.add(entry(7));
  put_batch(1, batch);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_FALSE(complete_);
  EXPECT_EQ(unreadable_, plan.batch(0));
  EXPECT_THAT(waiting_, ElementsAre(7));
  memory.erase(kThreadsUsed);
  gather();
  EXPECT_EQ(unreadable_, kThreadsUsed);
}

TEST_F(WaitingBlocksTest, MoreThreadsThanThereCanBe) {
  for (std::uint32_t thread = 0; thread < 6; ++thread) put_batch(thread, QuarantineBatch{});
  QuarantineBatch batch;
  batch.add(entry(7));
  put_batch(4, batch);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_THAT(waiting_, IsEmpty()) << "four at the most";
  plan.root.threads = 0;
  memory.erase(kThreadsUsed);
  EXPECT_THAT(gather(), IsEmpty());
  EXPECT_TRUE(complete_) << "no threads, no batches";
}

TEST_F(WaitingBlocksTest, AnEntryThatIsNoFreedBlock) {
  QuarantineBatch batch;
  batch.add({block(0, 5), kBlockBytes});
  memory.put(plan.record(0, 6), record());
  batch.add(entry(6));
  batch.add({0x1000, kBlockBytes});
  put_batch(0, batch);
  EXPECT_THAT(gather(), ElementsAre("0x10000140 waits in a batch, but no block begins there",
                                    "0x10000190 waits in a batch, but is not freed",
                                    "0x1000 waits in a batch, but no block begins there"));
  EXPECT_THAT(waiting_, IsEmpty());
}

TEST_F(WaitingBlocksTest, ABlockThatWaitsTwice) {
  put_ring(0, 3);
  QuarantineBatch batch;
  batch.add(entry(1));
  put_batch(0, batch);
  EXPECT_THAT(gather(), ElementsAre("0x10000050 waits in a batch, and in another place"));
}

TEST_F(WaitingBlocksTest, SpansByTheirFirstRecord) {
  put_span(10, 3);
  SideRecordOf<Remote> said = record();
  said.state = SideState::freed;
  memory.put(plan.record(10, 0), said);
  QuarantineBatch batch;
  batch.add({heap.user(10) + 16, 3 * kPoolBytes});
  put_batch(0, batch);
  EXPECT_THAT(gather(), IsEmpty());
  batch.entries[0] = {heap.user(11) + 16, 3 * kPoolBytes};
  put_batch(0, batch);
  EXPECT_THAT(gather(), ElementsAre("0x1000b010 waits in a batch, but no block begins there"));
}

TEST_F(WaitingBlocksTest, BlocksOnPagesDoNotWaitThere) {
  carve(70, 256);
  PageRecordOf<Remote> said = stretch(64, 1, 112);
  said.state = StretchState::freed;
  put_stretch(64, said);
  QuarantineBatch batch;
  batch.add({said.begin, 112});
  put_batch(0, batch);
  EXPECT_THAT(gather(), ElementsAre("0x30041f90 waits in a batch, but no block begins there"));
}

}  // namespace
}  // namespace arenite
