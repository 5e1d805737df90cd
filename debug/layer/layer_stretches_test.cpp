// SPDX-License-Identifier: MIT
// Which roots of a debug layer are believed, to the last value of each number; and exactly where
// the tables of one lie, whole and as far as they are in use.
#include "debug/layer/layer_stretches.hpp"

#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/layer/fake_layer.hpp"

namespace arenite {

static bool operator==(const Region& a, const Region& b) {
  return a.begin == b.begin && a.end == b.end;
}
static void PrintTo(const Region& region, std::ostream* stream) {
  *stream << std::hex << region.begin << "-" << region.end << std::dec;
}

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Not;

// ---- roots ----

class LayerPlanTest : public ::testing::Test, protected FakeLayer {
 protected:
  LayerEnd admit() {
    memory.put(kRoot, plan.root);
    LayerPlan read;
    return admit_layer(memory, kRoot, heap, read);
  }
  template <class Number>
  void expect(Number& field, std::uint64_t last_believed, std::uint64_t first_refused) {
    const Number kept = field;
    field = static_cast<Number>(last_believed);
    EXPECT_EQ(admit(), LayerEnd::there) << last_believed;
    field = static_cast<Number>(first_refused);
    EXPECT_EQ(admit(), LayerEnd::gated) << first_refused;
    field = kept;
  }
};

TEST_F(LayerPlanTest, ASoundRootIsBelieved) {
  ASSERT_EQ(admit(), LayerEnd::there);
  LayerPlan read;
  ASSERT_EQ(admit_layer(memory, kRoot, heap, read), LayerEnd::there);
  EXPECT_TRUE(read.guarded());
  EXPECT_TRUE(read.paged());
  EXPECT_EQ(read.record(2, 3), kRecords + (2 * 64 + 3) * 32);
  EXPECT_EQ(read.page_record(6), kPageRecords + 3 * 64);
  EXPECT_EQ(read.batch(2), kThreads + 2 * kThreadBytes + kBatchOffset);
}

TEST_F(LayerPlanTest, NoRootIsNoLayer) {
  LayerPlan read;
  EXPECT_EQ(admit_layer(memory, 0, heap, read), LayerEnd::none);
  EXPECT_EQ(admit_layer(memory, kRoot, heap, read), LayerEnd::unreadable);
  plan.root.cookie = 0;
  EXPECT_EQ(admit(), LayerEnd::none);
  plan.root.cookie = kDebugCookie + 1;
  EXPECT_EQ(admit(), LayerEnd::gated);
}

TEST_F(LayerPlanTest, AnotherLayoutIsNotRead) {
  const DebugRoot<Remote> kept = plan.root;
  ++plan.root.version;
  EXPECT_EQ(admit(), LayerEnd::other);
  plan.root = kept;
  ++plan.root.root_bytes;
  EXPECT_EQ(admit(), LayerEnd::other);
  plan.root = kept;
  ++plan.root.fingerprint;
  EXPECT_EQ(admit(), LayerEnd::other);
}

TEST_F(LayerPlanTest, NumbersThatAreTooLarge) {
  DebugRoot<Remote>& root = plan.root;
  expect(root.guard_bytes, 65536, 65536 + 16);
  expect(root.stack_capacity, std::uint64_t{1} << 32, (std::uint64_t{1} << 32) + 1);
  expect(root.most_threads, 65536, 65537);
  expect(root.thread_bytes, (1 << 24) - 1, 1 << 24);
  root.batch_offset = 0;
  expect(root.thread_bytes, sizeof(QuarantineBatch), sizeof(QuarantineBatch) - 1);
  root.thread_bytes = kThreadBytes;
  expect(root.batch_offset, kThreadBytes - sizeof(QuarantineBatch),
         kThreadBytes - sizeof(QuarantineBatch) + 1);
  for (std::uint64_t* address :
       {&root.options_text, &root.serials, &root.records, &root.first_pools, &root.quarantine,
        &root.page_begins, &root.page_records, &root.stack_words, &root.stack_used, &root.threads,
        &root.threads_used, &root.script_names})
    expect(*address, (std::uint64_t{1} << 56) - 1, std::uint64_t{1} << 56);
}

TEST_F(LayerPlanTest, RecordsThatAreNotOfThisHeap) {
  DebugRoot<Remote>& root = plan.root;
  expect(root.pools, 2 * kArenaPools, 2 * kArenaPools + 1);
  expect(root.records_per_pool, 64, 63);
  expect(root.guard_bytes, 32, 24);
  root.records_per_pool = kPoolBytes / 16;
  expect(root.least_bytes, 16, 15);
  root.records_per_pool = kPoolBytes / 8;
  root.least_bytes = 8;
  EXPECT_EQ(admit(), LayerEnd::gated);
  root.records = 0;
  EXPECT_EQ(admit(), LayerEnd::there) << "without records nobody asks how many there are";
}

TEST_F(LayerPlanTest, AreasThatAreNotOfThesePages) {
  DebugRoot<Remote>& root = plan.root;
  expect(root.page_areas[0].first, 256, 257);
  expect(root.page_areas[1].end, kPageCount, kPageCount + 1);
  expect(root.page_base, kPages + kPageBytes, kPages + 8);
  expect(root.page_bytes, (std::uint64_t{1} << 44) - kPageBytes, std::uint64_t{1} << 44);
  root.page_areas[1].end = kPageCount + 1;
  root.page_records = 0;
  EXPECT_EQ(admit(), LayerEnd::there) << "without pages nobody asks for their areas";
}

// ---- stretches ----

TEST(Disjoint, AscendsAndMerges) {
  EXPECT_THAT(disjoint({{30, 40}, {10, 20}, {20, 25}, {35, 38}, {50, 50}, {60, 55}, {41, 42}}),
              ElementsAre(Region{10, 25}, Region{30, 40}, Region{41, 42}));
  EXPECT_THAT(disjoint({}), IsEmpty());
}

class LayerStretchesTest : public ::testing::Test, protected FakeLayer {
 protected:
  std::vector<Region> gather() {
    return LayerStretches<MadeUpMemory>(memory, heap, plan).gather(kRoot);
  }
  static Region of(Address at, std::uint64_t bytes) { return {at, at + bytes}; }

  /// What there is of a layer without any block.
  std::vector<Region> empty() const {
    return {of(kFirstPools, kArenaPools * 4),
            of(kQuarantine, sizeof ring),
            of(kCarved, 4),
            of(kCarved + 64, 4),
            of(kStacks, 8),
            of(kStacksUsed, 8),
            of(kThreadsUsed, 4),
            of(kSerials, 8),
            of(kOptions, 100),
            of(kRoot, sizeof plan.root)};
  }
  std::vector<Region> empty_and(std::vector<Region> more) const {
    for (const Region& region : empty()) more.push_back(region);
    return disjoint(more);
  }
};

TEST_F(LayerStretchesTest, WholeTables) {
  const auto tables = layer_tables(memory, plan);
  EXPECT_THAT(tables,
              ElementsAre(of(kRecords, 2 * kArenaPools * 64 * 32),
                          of(kFirstPools, 2 * kArenaPools * 4), of(kPages, kPageCount * kPageBytes),
                          of(kBegins, kPageCount / 8), of(kPageRecords, kPageCount / 2 * 64),
                          of(kStacks, 8000), of(kThreads, 4 * kThreadBytes)));
  plan.root.records = plan.root.page_records = 0;
  EXPECT_THAT(layer_tables(memory, plan),
              ElementsAre(of(kStacks, 8000), of(kThreads, 4 * kThreadBytes)));
}

TEST_F(LayerStretchesTest, OfALayerWithoutBlocks) {
  EXPECT_THAT(gather(), ElementsAreArray(empty()));
}

TEST_F(LayerStretchesTest, OfALayerThatHasNothing) {
  plan.root = {};
  EXPECT_THAT(gather(), ElementsAre(of(kRoot, sizeof plan.root)));
}

TEST_F(LayerStretchesTest, OptionsAreATextOfAFewPages) {
  plan.root.options_bytes = ~std::uint64_t{0};
  EXPECT_THAT(gather(), Contains(of(kOptions, 65536)));
}

TEST_F(LayerStretchesTest, StacksAsFarAsTheDepotIsInUse) {
  use_stack_words(300);
  EXPECT_THAT(gather(), Contains(of(kStacks, 2400)));
  use_stack_words(kStackWords + 1);
  EXPECT_THAT(gather(), Contains(of(kStacks, kStackWords * 8)));
}

TEST_F(LayerStretchesTest, ABatchOfEachThreadThereEverWas) {
  memory.put(kThreadsUsed, std::uint32_t{2});
  const std::uint64_t bytes = sizeof(QuarantineBatch);
  EXPECT_THAT(gather(),
              ElementsAreArray(empty_and({of(kThreads + kBatchOffset, bytes),
                                          of(kThreads + kThreadBytes + kBatchOffset, bytes)})));
  memory.put(kThreadsUsed, ~0u);
  const auto all = gather();
  EXPECT_THAT(all, Contains(of(kThreads + 3 * kThreadBytes + kBatchOffset, bytes)));
  EXPECT_THAT(all, Not(Contains(of(kThreads + 4 * kThreadBytes + kBatchOffset, bytes))));
}

TEST_F(LayerStretchesTest, TheQuarantinesRingWhereItIsInUse) {
  ring.begin = 20;
  ring.count = 30;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(gather(), ElementsAreArray(empty_and({of(kRing + 160, 240)})));
  ring.begin = 90;
  memory.put(kQuarantine, ring);
  EXPECT_THAT(gather(), ElementsAreArray(empty_and({of(kRing + 720, 80), of(kRing, 160)})));
}

TEST_F(LayerStretchesTest, NothingOfARingThatCannotBe) {
  const auto of_ring = [&](std::uint64_t begin, std::uint64_t count, std::uint64_t capacity) {
    ring.begin = begin;
    ring.count = count;
    ring.capacity = capacity;
    memory.put(kQuarantine, ring);
    return gather();
  };
  EXPECT_THAT(of_ring(101, 1, 100), ElementsAreArray(empty()));
  EXPECT_THAT(of_ring(0, 101, 100), ElementsAreArray(empty()));
  EXPECT_THAT(of_ring(101, 101, 100), ElementsAreArray(empty()));
  EXPECT_THAT(of_ring(0, 1, std::uint64_t{1} << 32), ElementsAreArray(empty()));
  const std::uint64_t most = (std::uint64_t{1} << 32) - 1;
  EXPECT_THAT(of_ring(0, 1, most), Contains(of(kRing, 8)));
  EXPECT_THAT(of_ring(100, 100, 100), ElementsAreArray(empty_and({of(kRing, 800)})));
}

TEST_F(LayerStretchesTest, RecordsOfPoolsInUse) {
  put_pool(0, PoolState::attached, 0, 5);
  put_pool(3, PoolState::listed, 0, kCapacity);
  put_pool(5, PoolState::full, 0, 1000);
  put_span(10, 2);
  put_pool(20, PoolState::free);
  put_pool(kArenaPools - 1, PoolState::kept);
  EXPECT_THAT(gather(), ElementsAreArray(empty_and(
                            {of(plan.record(0, 0), 5 * 32), of(plan.record(3, 0), kCapacity * 32),
                             of(plan.record(5, 0), 64 * 32), of(plan.record(10, 0), 2 * 32)})));
}

TEST_F(LayerStretchesTest, RecordsOfTheArenasThereAre) {
  put_pool(kArenaPools - 1, PoolState::full, 0, 1);
  put_pool(kArenaPools, PoolState::full, 0, 1);
  EXPECT_THAT(gather(), ElementsAreArray(empty_and({of(plan.record(kArenaPools - 1, 0), 32)})));
  heap.arena_count = 2;
  heap.pool_count = 2 * kArenaPools;
  EXPECT_THAT(gather(), Contains(of(plan.record(kArenaPools, 0), 32)));
}

TEST_F(LayerStretchesTest, BeginsAndRecordsOfThePagesThatWereCarved) {
  carve(192, 322);
  // The bits of pages 64 to 192 and 256 to 322, whose records are one for each two pages.
  EXPECT_THAT(gather(),
              ElementsAreArray(empty_and({of(kBegins + 8, 3 * 8), of(kBegins + 32, 2 * 8),
                                          of(kPageRecords + 32 * 64, (96 - 32 + 1) * 64),
                                          of(kPageRecords + 128 * 64, (161 - 128 + 1) * 64)})));
}

TEST_F(LayerStretchesTest, NothingOfPagesThatWereNotCarved) {
  carve(64, 256);
  EXPECT_THAT(gather(), ElementsAreArray(empty()));
  carve(63, 0);
  EXPECT_THAT(gather(), ElementsAreArray(empty()));
}

TEST_F(LayerStretchesTest, NoMoreThanTheArea) {
  plan.root.page_areas[0].end = 127;
  carve(~0u, 256);
  EXPECT_THAT(gather(), ElementsAreArray(
                            empty_and({of(kBegins + 8, 8), of(kPageRecords + 32 * 64, 32 * 64)})));
}

}  // namespace
}  // namespace arenite
