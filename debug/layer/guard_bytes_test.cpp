// SPDX-License-Identifier: MIT
// What is said of bytes around a block that are not as they were filled: the first of them, where
// it stands to the block, and what should stand there; of a process that runs, only what still
// holds.
#include "debug/layer/guard_bytes.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/layer/fake_layer.hpp"

namespace arenite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GuardBytesTest : public ::testing::Test, protected FakeLayer {
 protected:
  /// The block of the record: 16 bytes of guard, 24 of its own, guard up to 64 bytes.
  LayerBlock guarded() const {
    return LayerBlocks<MadeUpMemory>::describe(record(), block(0, 0), block(0, 1));
  }
  LayerBlock freed() const {
    SideRecordOf<Remote> said = record();
    said.state = SideState::freed;
    return LayerBlocks<MadeUpMemory>::describe(said, block(0, 0), block(0, 1));
  }

  void fill(Address from, Address to, std::uint8_t byte) {
    for (Address at = from; at < to; ++at) memory.put(at, byte);
  }
  void fill_guards(const BlockFacts& facts) {
    const GuardPattern pattern(plan.root.guard_key);
    for (Address at = facts.outer_begin; at < facts.outer_end; ++at)
      memory.put(at, pattern.byte(at));
  }

  /// All that is found, with its invariant.
  std::vector<std::string> check(const LayerBlock& block, const MadeUpMemory* now = nullptr) {
    return judge(Contents::there, now,
                 [&](GuardBytes<MadeUpMemory>& bytes) { bytes.check_guarded(block); });
  }
  std::vector<std::string> check_pages(const LayerBlock& block, Contents contents) {
    const PagePlacement place = PagePlacement::of(block.facts.begin, block.facts.size, block.pages);
    return judge(contents, nullptr,
                 [&](GuardBytes<MadeUpMemory>& bytes) { bytes.check_slack(block, place); });
  }
  template <class Judge>
  std::vector<std::string> judge(Contents contents, const MadeUpMemory* now, const Judge& judge) {
    std::vector<std::string> texts;
    Findings findings(
        [](void* to, const Finding& finding) {
          static_cast<std::vector<std::string>*>(to)->push_back(
              std::string(facts_of(finding.invariant).id) + ": " + finding.text);
        },
        &texts);
    const AnyView view(now == nullptr ? memory : *now);
    const SecondLook again(now == nullptr ? nullptr : &view, heap, plan);
    GuardBytes<MadeUpMemory> bytes(memory, plan, contents, findings, again);
    judge(bytes);
    unreadable_ = findings.unreadable_count();
    torn_ = again.torn();
    return texts;
  }

  std::uint64_t unreadable_ = 0, torn_ = 0;
};

TEST_F(GuardBytesTest, AsTheyWereFilled) {
  fill_guards(guarded().facts);
  EXPECT_THAT(check(guarded()), IsEmpty());
  fill(guarded().facts.begin, guarded().facts.begin + 24, 0x55);
  EXPECT_THAT(check(guarded()), IsEmpty()) << "its own bytes are the program's";
  EXPECT_EQ(unreadable_, 0u);
}

TEST_F(GuardBytesTest, EachOfThemIsLookedAt) {
  const BlockFacts facts = guarded().facts;
  for (Address at = facts.outer_begin; at < facts.outer_end; ++at) {
    fill_guards(facts);
    memory.put(at, std::uint8_t{0x11});
    const bool own = at >= facts.begin && at < facts.begin + facts.size;
    EXPECT_EQ(check(guarded()).size(), own ? 0u : 1u) << at - facts.outer_begin;
  }
}

TEST_F(GuardBytesTest, TheFirstChangedOnEachSideIsSaid) {
  const BlockFacts facts = guarded().facts;
  fill_guards(facts);
  fill(facts.begin - 3, facts.begin, 0x11);
  fill(facts.begin + 24, facts.begin + 30, 0x22);
  EXPECT_THAT(
      check(guarded()),
      ElementsAre("D1: 3 bytes before a block of 24 bytes at 0x10000010 stands 0x11 instead "
                  "of 0xfd",
                  "D2: 0 bytes behind a block of 24 bytes at 0x10000010 stands 0x22 instead "
                  "of 0xfd"));
}

TEST_F(GuardBytesTest, KeyedOnesDifferFromPlaceToPlace) {
  plan.root.guard_key = 0x123456789abcdef1;
  const BlockFacts facts = guarded().facts;
  const GuardPattern pattern(plan.root.guard_key);
  fill_guards(facts);
  EXPECT_THAT(check(guarded()), IsEmpty());
  const Address at = facts.begin + 24 + 5;
  memory.put(at, static_cast<std::uint8_t>(pattern.byte(at) ^ 1));
  Message expected;
  expected << "D2: 5 bytes behind a block of 24 bytes at 0x10000010 stands "
           << Hex{pattern.byte(at) ^ 1u} << " instead of " << Hex{pattern.byte(at)};
  EXPECT_THAT(check(guarded()), ElementsAre(expected.c_str()));
}

TEST_F(GuardBytesTest, OfALargeBlockAPageOfTheRestIsGuarded) {
  SideRecordOf<Remote> said = record();
  said.size = 5000;
  const LayerBlock large = LayerBlocks<MadeUpMemory>::describe(said, heap.user(1), heap.user(6));
  const Address end = large.facts.begin + 5000, last = end + 16 + kMostGuardedSlack - 1;
  fill_guards(large.facts);
  memory.put(last, std::uint8_t{0});
  EXPECT_THAT(check(large),
              ElementsAre("D2: 4111 bytes behind a block of 5000 bytes at 0x10001010 stands 0x0 "
                          "instead of 0xfd"));
  memory.put(last, kGuardByte);
  memory.put(last + 1, std::uint8_t{0});
  EXPECT_THAT(check(large), IsEmpty());
}

TEST_F(GuardBytesTest, PoisonOfAFreedBlock) {
  plan.root.settings = kFillsFreed;
  const BlockFacts facts = freed().facts;
  fill_guards(facts);
  fill(facts.begin, facts.begin + 24, kFreedByte);
  EXPECT_THAT(check(freed()), IsEmpty());
  memory.put(facts.begin + 23, std::uint8_t{0x33});
  Message expected;
  expected << "D3: 23 bytes inside a freed block of 24 bytes at 0x10000010 stands 0x33 instead of "
           << Hex{kFreedByte};
  EXPECT_THAT(check(freed()), ElementsAre(expected.c_str()));
  EXPECT_THAT(check(guarded()), IsEmpty()) << "a live one has none";
  plan.root.settings = kFillsFresh;
  EXPECT_THAT(check(freed()), IsEmpty()) << "nor has any, where they are not filled";
}

TEST_F(GuardBytesTest, BlocksTooLargeForTheQuarantineHaveNoPoison) {
  plan.root.settings = kFillsFreed;
  fill_guards(freed().facts);
  ring.most_bytes = kBlockBytes + QuarantineEntry::kNotedBytes;
  memory.put(kQuarantine, ring);
  EXPECT_EQ(check(freed()).size(), 1u);
  --ring.most_bytes;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(check(freed()), IsEmpty());
  memory.erase(kQuarantine);
  EXPECT_THAT(check(freed()), IsEmpty());
}

TEST_F(GuardBytesTest, OfABlockThatIsBeingFreedNothingIsSaid) {
  LayerBlock freeing = guarded();
  freeing.state = SideState::freeing;
  EXPECT_THAT(check(freeing), IsEmpty());
  EXPECT_EQ(unreadable_, 0u);
}

TEST_F(GuardBytesTest, ThatCannotBeRead) {
  fill_guards(guarded().facts);
  memory.erase(guarded().facts.begin - 1);
  EXPECT_THAT(check(guarded()), IsEmpty());
  EXPECT_EQ(unreadable_, 1u);
}

// ---- blocks on pages ----

TEST_F(GuardBytesTest, WhatABlockLeavesOfItsPages) {
  carve(70, 256);
  put_stretch(64, stretch(64, 2, 5000));
  LayerBlock found;
  ASSERT_TRUE(LayerBlocks<MadeUpMemory>(memory, heap, plan).find(plan.page(65), found));
  fill(plan.page(65), plan.page(67), kGuardByte);
  EXPECT_THAT(check_pages(found, Contents::there), IsEmpty());
  memory.put(found.facts.begin - 1, std::uint8_t{0});
  EXPECT_THAT(check_pages(found, Contents::there),
              ElementsAre("D1: 1 bytes before a block of 5000 bytes at 0x30041c78 stands 0x0 "
                          "instead of 0xfd"));
  fill(plan.page(65), plan.page(66), 0);
  EXPECT_THAT(check_pages(found, Contents::patchy), IsEmpty()) << "gcore gave up at that page";
  EXPECT_EQ(unreadable_, 1u);
  EXPECT_EQ(check_pages(found, Contents::there).size(), 1u);
}

TEST_F(GuardBytesTest, D6_OfALiveProcessPagesAreAsTheyShouldBe) {
  carve(70, 256);
  put_stretch(64, stretch(64, 2, 2 * kPageBytes));
  LayerBlock found;
  ASSERT_TRUE(LayerBlocks<MadeUpMemory>(memory, heap, plan).find(plan.page(65), found));
  fill(plan.page(65), plan.page(67), 1);
  EXPECT_THAT(check_pages(found, Contents::live), IsEmpty());
  memory.put(plan.page(67), std::uint8_t{1});
  memory.put(plan.page(64), std::uint8_t{1});
  EXPECT_THAT(check_pages(found, Contents::there), IsEmpty());
  EXPECT_THAT(check_pages(found, Contents::live),
              ElementsAre("D6: the page at 0x30040000, beside a live block of 8192 bytes at "
                          "0x30041000, is accessible",
                          "D6: the page at 0x30043000, beside a live block of 8192 bytes at "
                          "0x30041000, is accessible"));
  memory.erase(plan.page(64));
  memory.erase(plan.page(67));
  memory.erase(plan.page(66));
  EXPECT_THAT(
      check_pages(found, Contents::live),
      ElementsAre("D6: the page at 0x30042000, of a live block of 8192 bytes at 0x30041000, "
                  "is not accessible"));
}

// ---- a process that runs ----

TEST_F(GuardBytesTest, OnlyWhatIsStillWrongCounts) {
  put_pool(0, PoolState::full);
  memory.put(plan.record(0, 0), record());
  const BlockFacts facts = guarded().facts;
  fill_guards(facts);
  MadeUpMemory now = memory;
  memory.put(facts.begin - 1, std::uint8_t{0x11});
  EXPECT_THAT(check(guarded(), &now), IsEmpty());
  EXPECT_EQ(torn_, 1u);
  now.put(facts.begin - 1, std::uint8_t{0x11});
  EXPECT_EQ(check(guarded(), &now).size(), 1u);
  EXPECT_EQ(torn_, 0u);
}

TEST_F(GuardBytesTest, OnlyOfABlockThatIsStillTheSame) {
  put_pool(0, PoolState::full);
  memory.put(plan.record(0, 0), record());
  fill_guards(guarded().facts);
  memory.put(guarded().facts.begin - 1, std::uint8_t{0x11});
  const auto changed = [&](auto change) {
    MadeUpMemory now = memory;
    SideRecordOf<Remote> said = record();
    change(said);
    now.put(plan.record(0, 0), said);
    const std::size_t found = check(guarded(), &now).size();
    EXPECT_EQ(torn_, found == 0 ? 1u : 0u);
    return found == 0;
  };
  EXPECT_FALSE(changed([](SideRecordOf<Remote>&) {}));
  EXPECT_TRUE(changed([](SideRecordOf<Remote>& said) { ++said.serial; }));
  EXPECT_TRUE(changed([](SideRecordOf<Remote>& said) { ++said.size; }));
  EXPECT_TRUE(changed([](SideRecordOf<Remote>& said) { ++said.head; }));
  EXPECT_TRUE(changed([](SideRecordOf<Remote>& said) { said.state = SideState::freed; }));
  EXPECT_TRUE(changed([](SideRecordOf<Remote>& said) { said.state = SideState::none; }));
}

TEST_F(GuardBytesTest, ThatCannotBeReadBecauseTheBlockWentAway) {
  put_pool(0, PoolState::full);
  memory.put(plan.record(0, 0), record());
  fill_guards(guarded().facts);
  memory.erase(guarded().facts.begin - 1);
  MadeUpMemory now = memory;
  EXPECT_THAT(check(guarded(), &now), IsEmpty());
  EXPECT_EQ(unreadable_, 1u);
  now.put(plan.record(0, 0), SideRecordOf<Remote>{});
  EXPECT_THAT(check(guarded(), &now), IsEmpty());
  EXPECT_EQ(unreadable_, 0u);
  EXPECT_EQ(torn_, 1u);
}

}  // namespace
}  // namespace arenite
