// SPDX-License-Identifier: MIT
// The numbers of a process, against the statistics of its heaps, which count another way.
#include "debug/census/heap_census.hpp"

#include <numeric>

#include "debug/audit/audit_fixture.hpp"
#include "layout/own_memory.hpp"

namespace arenite {
namespace {

class HeapCensusTest : public AuditFixture<Production> {
 protected:
  void SetUp() override {
    AuditFixture::SetUp();
    fill();
    ASSERT_TRUE(audit().only({}));
    seen_.heaps.resize(1);
    seen_.heaps[0].result = *result_;
  }

  HeapCensus census(bool blocks = false, const Traces& traces = {}) {
    return take_census(AnyView(memory_view_), seen_, traces, blocks);
  }

  Examination seen_;
  OwnMemory memory_view_;
};

TEST_F(HeapCensusTest, each_class_and_the_spans) {
  const Statistics& expected = statistics();
  const HeapCensus counted = census();
  ASSERT_EQ(counted.classes.size(), expected.class_count + 1);
  for (std::uint32_t i = 0; i < expected.class_count; ++i) {
    const ClassStatistics& of = expected.classes[i];
    EXPECT_EQ(counted.classes[i].block_bytes, of.block_bytes) << i;
    EXPECT_EQ(counted.classes[i].blocks, of.live) << i;
    EXPECT_EQ(counted.classes[i].bytes, of.live * of.block_bytes) << i;
    EXPECT_EQ(counted.classes[i].pools, of.pools) << i;
  }
  const ClassCensus& spans = counted.classes.back();
  EXPECT_EQ(spans.block_bytes, 0u);
  EXPECT_EQ(spans.blocks, expected.spans);
  EXPECT_EQ(spans.bytes, expected.span_bytes);
  EXPECT_EQ(spans.pools, expected.span_pools);
  EXPECT_EQ(spans.kept, 0u);
}

TEST_F(HeapCensusTest, totals) {
  const Statistics& expected = statistics();
  const HeapCensus counted = census();
  std::uint64_t blocks = expected.spans, pools = expected.span_pools;
  for (std::uint32_t i = 0; i < expected.class_count; ++i) {
    blocks += expected.classes[i].live;
    pools += expected.classes[i].pools;
  }
  EXPECT_EQ(counted.live_bytes, expected.live_bytes());
  EXPECT_EQ(counted.requested_bytes, expected.live_bytes());
  EXPECT_EQ(counted.live_blocks, blocks);
  EXPECT_EQ(counted.pools_used, pools);
  EXPECT_EQ(counted.mapped_bytes, expected.range.committed + expected.table_bytes());
  EXPECT_EQ(counted.dirty_bytes, expected.pools_dirty * Production::kPoolBytes);
  EXPECT_EQ(counted.arenas, expected.arenas);
  EXPECT_EQ(counted.arenas_empty, expected.arenas_empty);
  EXPECT_EQ(counted.unclear_pools, 0u);
  ASSERT_EQ(counted.arena_live.size(), 1u);
  const std::vector<std::uint64_t>& arenas = counted.arena_live[0];
  EXPECT_EQ(std::accumulate(arenas.begin(), arenas.end(), std::uint64_t{0}), counted.live_bytes);
  // A pool of blocks keeps its pages up to the last block that was ever handed out.
  std::uint64_t kept = 0;
  for (std::uint32_t i = 0; i < pool_count(); ++i) {
    const PoolState state = pool(i).state.load();
    if (state != PoolState::attached && state != PoolState::listed && state != PoolState::full)
      continue;
    const auto& facts = Classes::kFacts[pool(i).size_class.load()];
    const std::uint64_t carved = std::uint64_t{pool(i).carved.load()} * facts.block_bytes;
    kept += std::min(
        (carved + Production::kPageBytes - 1) / Production::kPageBytes * Production::kPageBytes,
        Production::kPoolBytes);
  }
  EXPECT_EQ(counted.kept_bytes, kept + expected.span_bytes - expected.live_bytes());
}

TEST_F(HeapCensusTest, the_blocks_one_by_one) {
  const HeapCensus counted = census(true);
  ASSERT_EQ(counted.blocks.size(), counted.live_blocks);
  EXPECT_TRUE(std::is_sorted(counted.blocks.begin(), counted.blocks.end()));
  const auto span = reinterpret_cast<Address>(span_);
  EXPECT_TRUE(std::any_of(counted.blocks.begin(), counted.blocks.end(),
                          [&](const CensusBlock& block) { return block.begin == span; }));
  EXPECT_TRUE(census().blocks.empty());
}

TEST_F(HeapCensusTest, blocks_on_guard_pages_are_of_no_class) {
  const HeapCensus without = census();
  Traces traces;
  traces.each_on_pages = [](const std::function<void(const BlockFacts& facts)>& visit) {
    BlockFacts facts;
    facts.begin = 0x1000;
    facts.size = 5000;
    facts.state = BlockState::live;
    visit(facts);
    facts.size = 0;
    visit(facts);
    facts.state = BlockState::freed;
    visit(facts);
  };
  const HeapCensus counted = census(false, traces);
  EXPECT_EQ(counted.on_pages.blocks, 2u);
  EXPECT_EQ(counted.on_pages.bytes, 5000u);
  EXPECT_EQ(counted.on_pages.kept, 3 * 4096u - 5000);
  EXPECT_EQ(counted.live_blocks, without.live_blocks + 2);
  EXPECT_EQ(counted.live_bytes, without.live_bytes + 5000);
  EXPECT_EQ(counted.mapped_bytes, without.mapped_bytes + 3 * 4096);
  EXPECT_EQ(counted.kept_bytes, without.kept_bytes + counted.on_pages.kept);
}

TEST_F(HeapCensusTest, a_heap_whose_audit_was_not_complete_is_left_out) {
  const HeapCensus one = census();
  seen_.heaps.emplace_back();
  EXPECT_EQ(census().arena_live.size(), 1u);
  EXPECT_EQ(census().live_bytes, one.live_bytes);
  seen_.heaps[1].result = *result_;
  EXPECT_EQ(census().arena_live.size(), 2u);
  EXPECT_EQ(census().live_bytes, 2 * one.live_bytes);
  EXPECT_EQ(census().classes.size(), one.classes.size());
}

TEST(BlockChangesTest, by_address_serial_and_size) {
  HeapCensus before, after;
  before.blocks = {{0x10, 1, 8}, {0x20, 2, 16}, {0x30, 3, 32}, {0x40, 4, 64}};
  after.blocks = {{0x08, 9, 1}, {0x20, 2, 16}, {0x30, 7, 32}, {0x40, 4, 65}, {0x50, 8, 2}};
  const BlockChanges changes = block_changes(before, after);
  EXPECT_EQ(changes.in_both, 1u);
  EXPECT_EQ(changes.in_both_bytes, 16u);
  EXPECT_EQ(changes.gone, 3u);
  EXPECT_EQ(changes.gone_bytes, 8u + 32 + 64);
  EXPECT_EQ(changes.added, 4u);
  EXPECT_EQ(changes.added_bytes, 1u + 32 + 65 + 2);
}

}  // namespace
}  // namespace arenite
