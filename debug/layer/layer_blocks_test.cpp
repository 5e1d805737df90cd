// SPDX-License-Identifier: MIT
// What a reader from outside makes of blocks and stacks: their exact bounds and facts, and nothing
// where a table says what cannot be.
#include "debug/layer/layer_blocks.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/layer/fake_layer.hpp"

namespace arenite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LayerBlocksTest : public ::testing::Test, protected FakeLayer {
 protected:
  bool find(Address at) {
    const bool found = LayerBlocks<MadeUpMemory>(memory, heap, plan).find(at, found_);
    return found;
  }
  /// The page at which the stretch of the block begins, by its serial; 0 for none.
  std::uint64_t stretch_of(Address at) { return find(at) ? found_.facts.serial : 0; }

  std::vector<std::uint64_t> serials_on_pages() const {
    std::vector<std::uint64_t> serials;
    LayerBlocks<MadeUpMemory>(memory, heap, plan).each_on_pages([&](const LayerBlock& block) {
      serials.push_back(block.facts.serial);
    });
    return serials;
  }

  /// How many frames are copied to `most` places.
  unsigned stack(StackId id, unsigned most = StackDepot::kMostFrames) {
    frames_.assign(most, 0);
    return LayerBlocks<MadeUpMemory>(memory, heap, plan).stack(id, frames_.data(), most);
  }

  LayerBlock found_;
  std::vector<Address> frames_;
};

// ---- blocks with guard bytes ----

TEST_F(LayerBlocksTest, ABlockOfAPoolWithAllItsFacts) {
  put_pool(3, PoolState::listed);
  SideRecordOf<Remote> said = record();
  said.allocated = 11;
  said.freed = 12;
  memory.put(plan.record(3, 5), said);
  memory.put(plan.record(3, 4), SideRecordOf<Remote>{});
  memory.put(plan.record(3, 6), SideRecordOf<Remote>{});
  for (const Address at : {block(3, 5), block(3, 5) + 40, block(3, 6) - 1}) {
    ASSERT_TRUE(find(at));
    EXPECT_EQ(found_.facts.outer_begin, block(3, 5));
    EXPECT_EQ(found_.facts.outer_end, block(3, 6));
    EXPECT_EQ(found_.facts.begin, block(3, 5) + 16);
    EXPECT_EQ(found_.facts.size, 24u);
    EXPECT_EQ(found_.facts.serial, 7u);
    EXPECT_EQ(found_.facts.alignment, 32u);
    EXPECT_EQ(found_.facts.allocated, 11u);
    EXPECT_EQ(found_.facts.freed, 12u);
    EXPECT_EQ(found_.facts.allocated_by, 3u);
    EXPECT_EQ(found_.facts.freed_by, 4u);
    EXPECT_EQ(found_.facts.family, Family::new_array);
    EXPECT_EQ(found_.facts.state, BlockState::live);
    EXPECT_EQ(found_.state, SideState::live);
    EXPECT_FALSE(found_.on_pages);
  }
  EXPECT_FALSE(find(block(3, 5) - 1));
  EXPECT_FALSE(find(block(3, 6)));
}

TEST_F(LayerBlocksTest, InPoolsInUseOfClassesWithRecordsOnly) {
  for (const std::uint32_t index : {0u, kCapacity - 1, kCapacity, 63u})
    memory.put(plan.record(0, index), record());
  for (const PoolState state : {PoolState::attached, PoolState::listed, PoolState::full}) {
    put_pool(0, state);
    EXPECT_TRUE(find(block(0, 0)));
    EXPECT_TRUE(find(block(0, kCapacity) - 1));
    EXPECT_FALSE(find(block(0, kCapacity))) << "behind the last block";
    EXPECT_FALSE(find(block(0, 63)));
    put_pool(0, state, 1);
    EXPECT_FALSE(find(block(0, 0))) << "blocks without records";
    put_pool(0, state, 2);
    EXPECT_FALSE(find(block(0, 0))) << "no such class";
  }
  put_pool(0, PoolState::free);
  EXPECT_FALSE(find(block(0, 0)));
}

TEST_F(LayerBlocksTest, StatesOfARecord) {
  put_pool(0, PoolState::full);
  const auto state_of = [&](SideState side) {
    SideRecordOf<Remote> said = record();
    said.state = side;
    memory.put(plan.record(0, 0), said);
    return find(block(0, 0)) ? found_.facts.state : BlockState::none;
  };
  EXPECT_EQ(state_of(SideState::none), BlockState::none);
  EXPECT_EQ(state_of(SideState::live), BlockState::live);
  EXPECT_EQ(state_of(SideState::freeing), BlockState::live);
  EXPECT_EQ(state_of(SideState::freed), BlockState::freed);
}

TEST_F(LayerBlocksTest, HeadsAndAlignmentsThatAreNone) {
  put_pool(0, PoolState::full);
  SideRecordOf<Remote> said = record();
  const auto put = [&](std::uint8_t head, std::uint8_t traits) {
    said.head = head;
    said.traits = traits;
    memory.put(plan.record(0, 0), said);
    ASSERT_TRUE(find(block(0, 0)));
  };
  put(191, 64);
  EXPECT_EQ(found_.facts.begin, block(0, 0) + (std::uint64_t{1} << 63));
  EXPECT_EQ(found_.facts.alignment, std::size_t{1} << 63);
  put(192, 65);
  EXPECT_EQ(found_.facts.begin, block(0, 0));
  EXPECT_EQ(found_.facts.alignment, 0u);
  put(0, BlockTraits::encode(16, true));
  EXPECT_EQ(found_.facts.alignment, 16u) << "a block that may be lost";
}

TEST_F(LayerBlocksTest, ASpanByEachOfItsAddresses) {
  put_span(4, 3);
  for (const Address at : {heap.user(4), heap.user(5) + 100, heap.user(7) - 1}) {
    ASSERT_TRUE(find(at));
    EXPECT_EQ(found_.facts.outer_begin, heap.user(4));
    EXPECT_EQ(found_.facts.outer_end, heap.user(7));
    EXPECT_EQ(found_.facts.begin, heap.user(4) + 16);
  }
  EXPECT_FALSE(find(heap.user(4) - 1));
  EXPECT_FALSE(find(heap.user(7)));
}

TEST_F(LayerBlocksTest, NoSpanWhereItsTablesSayWhatCannotBe) {
  put_span(4, 3);
  memory.put(plan.first_pool(5), std::uint32_t{0});
  EXPECT_FALSE(find(heap.user(5)));
  memory.put(plan.first_pool(5), std::uint32_t{7});
  EXPECT_FALSE(find(heap.user(5))) << "it would begin behind the address";
  memory.put(plan.first_pool(5), std::uint32_t{5});
  EXPECT_TRUE(find(heap.user(5)));
  SideRecordOf<Remote> length{};
  length.size = kPoolBytes;
  memory.put(plan.record(4, 1), length);
  EXPECT_FALSE(find(heap.user(5))) << "it would end before the address";
  length.size = heap.root.range.bytes;
  memory.put(plan.record(4, 1), length);
  EXPECT_TRUE(find(heap.user(5)));
  ++length.size;
  memory.put(plan.record(4, 1), length);
  EXPECT_FALSE(find(heap.user(5))) << "longer than the range";
  put_span(4, 3);
  EXPECT_TRUE(find(heap.user(5)));
  memory.erase(plan.record(4, 1) + sizeof length - 1);
  EXPECT_FALSE(find(heap.user(5))) << "its length cannot be read";
  put_span(4, 3);
  EXPECT_TRUE(find(heap.user(5)));
  memory.erase(plan.first_pool(5));
  EXPECT_FALSE(find(heap.user(5))) << "its beginning cannot be read";
}

TEST_F(LayerBlocksTest, NoneOutsideOfWhatTheHeapHas) {
  put_span(0, 1);
  EXPECT_FALSE(find(kRange - 1));
  EXPECT_FALSE(find(kRange + heap.root.range.committed));
  EXPECT_FALSE(find(0));
  EXPECT_FALSE(find(~Address{0}));
  plan.root.records = 0;
  EXPECT_FALSE(find(kRange));
}

// ---- blocks on pages ----

TEST_F(LayerBlocksTest, ABlockOnPagesWithAllItsFacts) {
  carve(100, 256);
  PageRecordOf<Remote> said = stretch(70, 3, 5000);
  said.allocated = 21;
  said.freed = 22;
  put_stretch(70, said);
  ASSERT_TRUE(find(plan.page(72)));
  EXPECT_TRUE(found_.on_pages);
  EXPECT_EQ(found_.pages, 2u);
  EXPECT_EQ(found_.state, SideState::live);
  EXPECT_EQ(found_.facts.outer_begin, plan.page(70));
  EXPECT_EQ(found_.facts.outer_end, plan.page(75));
  EXPECT_EQ(found_.facts.begin, plan.page(74) - 5000);
  EXPECT_EQ(found_.facts.size, 5000u);
  EXPECT_EQ(found_.facts.alignment, 8u);
  EXPECT_EQ(found_.facts.serial, 70u);
  EXPECT_EQ(found_.facts.allocated, 21u);
  EXPECT_EQ(found_.facts.freed, 22u);
  EXPECT_EQ(found_.facts.allocated_by, 5u);
  EXPECT_EQ(found_.facts.freed_by, 6u);
  EXPECT_EQ(found_.facts.family, Family::new_object);
  EXPECT_EQ(found_.facts.state, BlockState::live);
}

TEST_F(LayerBlocksTest, StatesOfAStretch) {
  carve(100, 256);
  const auto state_of = [&](unsigned state) {
    PageRecordOf<Remote> said = stretch(64, 1, 100);
    said.state = static_cast<StretchState>(state);
    put_stretch(64, said);
    const bool found = find(plan.page(65));
    EXPECT_EQ(found, found_.state != SideState::none);
    EXPECT_EQ(found, serials_on_pages().size() == 1);
    return found ? found_.facts.state : BlockState::none;
  };
  carve(67, 256);
  EXPECT_EQ(state_of(0), BlockState::none);
  for (const unsigned state : {1u, 2u, 3u}) EXPECT_EQ(state_of(state), BlockState::live) << state;
  EXPECT_EQ(state_of(4), BlockState::freed);
  EXPECT_EQ(state_of(5), BlockState::none) << "no such state";
}

TEST_F(LayerBlocksTest, AGuardPageIsOfTheNearerBlock) {
  carve(74, 256);
  put_stretch(64, stretch(64, 2, 8192 - 100));
  put_stretch(67, stretch(67, 1, 200));
  put_stretch(69, stretch(69, 4, 4 * kPageBytes));
  EXPECT_EQ(stretch_of(plan.page(64)), 64u);
  EXPECT_EQ(stretch_of(plan.page(66)), 64u);
  // Between a block that ends with its pages and one 3,896 bytes into its own.
  EXPECT_EQ(stretch_of(plan.page(67)), 64u);
  const Address middle = plan.page(67) + (kPageBytes + 3896) / 2;
  EXPECT_EQ(stretch_of(middle), 64u) << "as near to both";
  EXPECT_EQ(stretch_of(middle + 1), 67u);
  EXPECT_EQ(stretch_of(plan.page(68)), 67u);
  EXPECT_EQ(stretch_of(plan.page(70) - 1), 69u);
  EXPECT_EQ(stretch_of(plan.page(73)), 69u);
  EXPECT_EQ(stretch_of(plan.page(74)), 69u) << "the last guard page";
  EXPECT_EQ(stretch_of(plan.page(75)), 0u) << "not carved yet";
}

TEST_F(LayerBlocksTest, AGuardPageBesideAStretchThatIsNotUsed) {
  carve(70, 256);
  PageRecordOf<Remote> unused = stretch(67, 1, 200);
  unused.state = StretchState::unused;
  put_stretch(64, stretch(64, 2, 100));
  put_stretch(67, unused);
  EXPECT_EQ(stretch_of(plan.page(68) - 1), 64u);
  EXPECT_EQ(stretch_of(plan.page(68)), 0u);
  unused = stretch(64, 2, 100);
  unused.state = StretchState::unused;
  put_stretch(64, unused);
  put_stretch(67, stretch(67, 1, 200));
  EXPECT_EQ(stretch_of(plan.page(67)), 67u);
  EXPECT_EQ(stretch_of(plan.page(67) - 1), 0u);
}

TEST_F(LayerBlocksTest, ALongBlockByItsLastPage) {
  carve(256, 1000);
  put_stretch(300, stretch(300, 500, 500 * kPageBytes));
  for (const std::uint32_t page : {300u, 301u, 319u, 320u, 383u, 384u, 800u})
    EXPECT_EQ(stretch_of(plan.page(page)), 300u) << page;
  EXPECT_EQ(stretch_of(plan.page(299)), 0u);
}

TEST_F(LayerBlocksTest, NoStretchOfAnotherArea) {
  carve(256, 300);
  put_stretch(250, stretch(250, 4, 100));
  EXPECT_EQ(stretch_of(plan.page(254)), 250u);
  EXPECT_EQ(stretch_of(plan.page(260)), 0u);
  put_stretch(256, stretch(256, 10, 100));
  EXPECT_EQ(stretch_of(plan.page(260)), 256u);
}

TEST_F(LayerBlocksTest, NoStretchWhereNoneIsSaidToBegin) {
  plan.root.page_areas[0].first = 0;
  carve(256, 256);
  EXPECT_EQ(stretch_of(plan.page(0)), 0u);
  EXPECT_EQ(stretch_of(plan.page(200)), 0u);
}

TEST_F(LayerBlocksTest, NoStretchWhereItCannotBeReadWhichBegin) {
  carve(256, 256);
  put_stretch(64, stretch(64, 100, 100));
  EXPECT_EQ(stretch_of(plan.page(130)), 64u);
  memory.erase(kBegins + 130 / 64 * 8);
  EXPECT_EQ(stretch_of(plan.page(130)), 0u);
  EXPECT_EQ(stretch_of(plan.page(100)), 64u);
}

TEST_F(LayerBlocksTest, PagesEndWhereTheRootSays) {
  carve(256, kPageCount);
  put_stretch(kPageCount - 2, stretch(kPageCount - 2, 1, 100));
  EXPECT_EQ(stretch_of(plan.page(kPageCount) - 1), kPageCount - 2);
  EXPECT_EQ(stretch_of(plan.page(kPageCount)), 0u);
  EXPECT_EQ(stretch_of(plan.page(0) - 1), 0u);
}

TEST_F(LayerBlocksTest, BlocksOfBothKindsSideBySide) {
  carve(70, 256);
  put_stretch(64, stretch(64, 1, 100));
  put_span(2, 1);
  ASSERT_TRUE(find(plan.page(65)));
  EXPECT_TRUE(found_.on_pages);
  ASSERT_TRUE(find(heap.user(2)));
  EXPECT_FALSE(found_.on_pages);
}

TEST_F(LayerBlocksTest, EachOnPagesOfBothAreasInTheirOrder) {
  carve(70, 260);
  PageRecordOf<Remote> freed = stretch(67, 1, 100), unused = stretch(258, 1, 100);
  freed.state = StretchState::freed;
  unused.state = StretchState::unused;
  put_stretch(64, stretch(64, 2, 100));
  put_stretch(67, freed);
  put_stretch(69, stretch(69, 1, 100));
  put_stretch(256, stretch(256, 1, 100));
  put_stretch(258, unused);
  EXPECT_THAT(serials_on_pages(), ElementsAre(64, 67, 69, 256));
  plan.root.page_records = 0;
  EXPECT_THAT(serials_on_pages(), IsEmpty());
}

TEST_F(LayerBlocksTest, NoneBehindTheEndOfAnArea) {
  plan.root.page_areas[0].end = 66;
  carve(~0u, 256);
  put_stretch(64, stretch(64, 1, 100));
  put_stretch(66, stretch(66, 1, 100));
  EXPECT_THAT(serials_on_pages(), ElementsAre(64));
  EXPECT_EQ(stretch_of(plan.page(68)), 0u);
}

TEST_F(LayerBlocksTest, AStretchThatSaysItIsEndless) {
  carve(70, 258);
  PageRecordOf<Remote> endless = stretch(64, 1, 100);
  endless.capacity = ~0u;
  put_stretch(64, endless);
  put_stretch(256, stretch(256, 1, 100));
  EXPECT_THAT(serials_on_pages(), ElementsAre(64, 256));
}

// ---- stacks ----

TEST_F(LayerBlocksTest, StacksOfAnyDepth) {
  put_stack(1, 3);
  put_stack(5, StackDepot::kMostFrames);
  use_stack_words(5 + 1 + StackDepot::kMostFrames);
  EXPECT_EQ(stack(1), 3u);
  EXPECT_THAT(std::vector(frames_.begin(), frames_.begin() + 4), ElementsAre(1, 2, 3, 0));
  EXPECT_EQ(stack(1, 2), 2u);
  EXPECT_THAT(frames_, ElementsAre(1, 2));
  ASSERT_EQ(stack(5), StackDepot::kMostFrames);
  EXPECT_EQ(frames_.back(), StackDepot::kMostFrames);
}

TEST_F(LayerBlocksTest, NoStackThatIsTooDeepOrEmpty) {
  use_stack_words(kStackWords);
  put_stack(1, StackDepot::kMostFrames + 1);
  put_stack(500, 0);
  EXPECT_EQ(stack(1), 0u);
  EXPECT_EQ(stack(500), 0u);
  EXPECT_EQ(stack(0), 0u);
}

TEST_F(LayerBlocksTest, NoStackOfAnotherHash) {
  put_stack(1, 3);
  use_stack_words(5);
  ASSERT_EQ(stack(1), 3u);
  memory.put(kStacks + 16, Address{9});
  EXPECT_EQ(stack(1), 0u);
}

TEST_F(LayerBlocksTest, NoStackBehindWhatIsInUse) {
  put_stack(10, 4);
  use_stack_words(15);
  EXPECT_EQ(stack(10), 4u);
  for (const std::uint64_t used : {14u, 11u, 10u, 0u}) {
    use_stack_words(used);
    EXPECT_EQ(stack(10), 0u) << used;
  }
}

TEST_F(LayerBlocksTest, NoStackBehindTheDepotsEnd) {
  put_stack(kStackWords - 5, 4);
  put_stack(kStackWords + 8, 4);
  use_stack_words(kStackWords + 100);
  EXPECT_EQ(stack(kStackWords - 5), 4u);
  EXPECT_EQ(stack(kStackWords + 8), 0u);
  put_stack(kStackWords - 5, 5);
  EXPECT_EQ(stack(kStackWords - 5), 0u);
}

TEST_F(LayerBlocksTest, NoStacksWithoutADepotOrWithoutItsCount) {
  put_stack(1, 3);
  use_stack_words(5);
  plan.root.stack_words = 0;
  EXPECT_EQ(stack(1), 0u);
  plan.root.stack_words = kStacks;
  memory.erase(kStacksUsed);
  EXPECT_EQ(stack(1), 0u);
}

TEST_F(LayerBlocksTest, TheLastSerial) {
  const LayerBlocks<MadeUpMemory> blocks(memory, heap, plan);
  EXPECT_EQ(blocks.last_serial(), 77u);
  memory.erase(kSerials);
  EXPECT_EQ(blocks.last_serial(), 0u);
}

}  // namespace
}  // namespace arenite
