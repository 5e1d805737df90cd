// SPDX-License-Identifier: MIT
// A frame holds what the heap holds; checked against the statistics and the heap's own tables.
#include <numeric>

#include "debug/audit/audit_fixture.hpp"
#include "debug/map/document.hpp"
#include "debug/map/frame_reader.hpp"
#include "layout/own_memory.hpp"

namespace arenite::map {
namespace {

constexpr std::size_t kAll = 1 << 20;

template <class G>
class FrameTest : public AuditFixture<G> {
 protected:
  HeapFrame read(std::size_t detail_bytes = kAll) {
    EXPECT_TRUE(this->audit().only({}));
    return read_frame(OwnMemory{}, plan(), detail_bytes);
  }
  const HeapPlan& plan() const { return this->result_->plan; }
};
TYPED_TEST_SUITE(FrameTest, AuditedGeometries);

std::uint64_t uses(const HeapFrame& frame, Use use) {
  return static_cast<std::uint64_t>(
      std::count(frame.pools.use.begin(), frame.pools.use.end(), use));
}

TYPED_TEST(FrameTest, counts_what_the_statistics_count) {
  this->fill();
  const HeapFrame frame = this->read();
  const Statistics& statistics = this->statistics();
  ASSERT_EQ(frame.pools.use.size(), this->pool_count());
  EXPECT_EQ(frame.pool_count, this->pool_count());
  EXPECT_EQ(frame.pools_left_out, 0u);
  std::vector<std::uint64_t> live(kMaxClasses), held(kMaxClasses);
  for (std::uint32_t i = 0; i < frame.pool_count; ++i) {
    if (frame.pools.size_class[i] == kNoClass) continue;
    live[frame.pools.size_class[i]] += frame.pools.live[i];
    held[frame.pools.size_class[i]] += frame.pools.held[i];
  }
  for (std::uint32_t i = 0; i < statistics.class_count; ++i) {
    EXPECT_EQ(live[i], statistics.classes[i].live) << i;
    EXPECT_EQ(held[i], statistics.classes[i].held) << i;
  }
  EXPECT_GT(std::accumulate(held.begin(), held.end(), std::uint64_t{0}), 0u);
  EXPECT_EQ(uses(frame, code_of(PoolUse::attached)), statistics.pools_attached);
  EXPECT_EQ(uses(frame, code_of(PoolUse::listed)), statistics.pools_listed);
  EXPECT_EQ(uses(frame, code_of(PoolUse::full)), statistics.pools_full);
  EXPECT_EQ(uses(frame, code_of(PoolUse::dirty)), statistics.pools_dirty);
  EXPECT_EQ(uses(frame, code_of(PoolUse::unclear)), 0u);
  EXPECT_EQ(uses(frame, code_of(PoolUse::span)) + uses(frame, kSpanRest), statistics.span_pools);
  EXPECT_EQ(frame.spans.size(), statistics.spans);
  EXPECT_EQ(frame.threads.size(), statistics.threads);
}

TYPED_TEST(FrameTest, threads_that_are_there) {
  thread_header(this->second_).system_thread.store(4711);
  thread_header(this->first_).system_thread.store(4712);
  const std::vector<ThreadFacts> both = this->read().threads;
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1].index, 1u);
  EXPECT_EQ(both[1].state, static_cast<std::uint32_t>(ThreadState::live));
  EXPECT_EQ(both[1].system_thread, 4711u);
  this->heap_.detach(this->first_);
  const std::vector<ThreadFacts> one = this->read().threads;
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].system_thread, 4711u);
}

/// Reads nothing in one stretch.
struct BlindStretchView {
  Address begin, end;
  bool read(Address at, void* to, std::size_t bytes) const {
    return (at >= end || at + bytes <= begin) && OwnMemory{}.read(at, to, bytes);
  }
};

TYPED_TEST(FrameTest, threads_that_cannot_be_read_are_left_out) {
  ASSERT_TRUE(this->audit().only({}));
  const BlindStretchView blind{this->plan().thread(0), this->plan().thread(1)};
  const std::vector<ThreadFacts> threads = read_threads(blind, this->plan());
  ASSERT_EQ(threads.size(), 1u);
  EXPECT_EQ(threads[0].index, 1u);
}

TYPED_TEST(FrameTest, traits_are_those_of_the_classes_there_are) {
  ASSERT_TRUE(this->audit().only({}));
  const HeapTraits traits = traits_of(this->plan());
  EXPECT_EQ(traits.geometry, TypeParam::kName);
  EXPECT_EQ(traits.pool_bytes, TypeParam::kPoolBytes);
  EXPECT_EQ(traits.page_bytes, TypeParam::kPageBytes);
  const auto& facts = TestFixture::Classes::kFacts;
  ASSERT_EQ(traits.block_bytes.size(), std::size(facts));
  ASSERT_EQ(traits.capacities.size(), std::size(facts));
  for (std::size_t i = 0; i < std::size(facts); ++i) {
    EXPECT_EQ(traits.block_bytes[i], facts[i].block_bytes) << i;
    EXPECT_EQ(traits.capacities[i], facts[i].capacity) << i;
  }
}

TYPED_TEST(FrameTest, spans_are_many_cells) {
  this->fill();
  const HeapFrame frame = this->read();
  const std::uint32_t first = this->pool_of(this->span_);
  EXPECT_EQ(frame.pools.use[first], code_of(PoolUse::span));
  EXPECT_EQ(frame.pools.use[first + 1], kSpanRest);
  EXPECT_EQ(frame.pools.use[first + 2], kSpanRest);
  EXPECT_NE(frame.pools.use[first + 3], kSpanRest);
  const auto span = std::find_if(frame.spans.begin(), frame.spans.end(),
                                 [&](const SpanFacts& facts) { return facts.pool == first; });
  ASSERT_NE(span, frame.spans.end());
  EXPECT_EQ(span->pools, 3u);
  EXPECT_GE(span->bytes, TypeParam::kPoolBytes * 3 - 100);
}

TYPED_TEST(FrameTest, detail_is_the_free_bitmap) {
  this->fill();
  const HeapFrame frame = this->read();
  std::size_t at = 0, free = 0;
  ASSERT_FALSE(frame.detail.pools.empty());
  for (const std::uint32_t pool : frame.detail.pools) {
    const std::uint32_t capacity = this->plan().root.classes[frame.pools.size_class[pool]].capacity;
    for (std::uint32_t block = 0; block < capacity; ++block) {
      const bool told = (frame.detail.free[at + block / 8] >> block % 8 & 1) != 0;
      EXPECT_EQ(told, (this->bitmap_word(pool, block / 64).load() >> block % 64 & 1) != 0);
      free += told ? 1 : 0;
    }
    at += (capacity + 7) / 8;
  }
  EXPECT_EQ(at, frame.detail.free.size());
  EXPECT_GT(free, 0u);
  EXPECT_FALSE(frame.detail.held_pools.empty());
  EXPECT_EQ(frame.detail.held_pools.size(), frame.detail.held_blocks.size());
}

TYPED_TEST(FrameTest, detail_keeps_to_its_budget) {
  this->fill();
  const std::size_t whole = this->read().detail.free.size();
  EXPECT_TRUE(this->read(0).detail.free.empty());
  EXPECT_TRUE(this->read(0).detail.held_pools.empty());
  const std::size_t half = this->read(whole / 2).detail.free.size();
  EXPECT_LE(half, whole / 2);
  EXPECT_GT(half, 0u);
  EXPECT_EQ(this->read(whole).detail.free.size(), whole);
}

TYPED_TEST(FrameTest, what_makes_no_sense_is_unclear) {
  this->fill();
  ASSERT_TRUE(this->audit().only({}));
  const std::uint32_t pool = this->find(PoolState::full);
  ASSERT_NE(pool, this->kNobody);
  this->pool(pool).size_class = 200;
  const HeapFrame frame = read_frame(OwnMemory{}, this->plan(), kAll);
  EXPECT_EQ(frame.pools.use[pool], code_of(PoolUse::unclear));
  EXPECT_EQ(frame.pools.size_class[pool], kNoClass);
  EXPECT_EQ(uses(frame, code_of(PoolUse::unclear)), 1u);
  this->pool(pool).size_class = this->kBusyClass;
}

/// Knows all blocks but those of pool 0: stack 5 in pools of an even number, in others stack 9 but
/// for a third of the blocks, which is of stack 5. Serials count up with the address.
bool find_facts(const HeapPlan& plan, Address at, BlockFacts& facts) {
  const std::uint32_t pool = plan.pool_of(at);
  if (pool == 0) return false;
  facts.state = BlockState::live;
  // Of the offset, scattered, so that no block size meets always the same.
  const std::uint64_t scattered = (at - plan.user(pool)) * 0x9e3779b97f4a7c15 >> 40;
  facts.allocated = pool % 2 == 0 || scattered % 3 == 0 ? 5 : 9;
  facts.serial = at - plan.root.range.address;
  return true;
}

TYPED_TEST(FrameTest, sites_and_ages_are_those_of_the_blocks) {
  this->fill();
  ASSERT_TRUE(this->audit().only({}));
  const HeapPlan& plan = this->plan();
  const FindFacts find = [&](Address at, BlockFacts& facts) { return find_facts(plan, at, facts); };
  const HeapFrame frame = read_frame(OwnMemory{}, plan, 0, {find, nullptr});
  ASSERT_EQ(frame.pools.site.size(), frame.pool_count);
  ASSERT_EQ(frame.pools.age.size(), frame.pool_count);
  std::uint8_t last = 0;
  std::size_t known = 0;
  for (std::uint32_t i = 0; i < frame.pool_count; ++i) {
    if (frame.pools.use[i] == kSpanRest) {
      EXPECT_EQ(frame.pools.site[i], frame.pools.site[i - 1]);
      continue;
    }
    const bool live = frame.pools.live[i] > 0 || frame.pools.use[i] == code_of(PoolUse::span);
    EXPECT_EQ(frame.pools.site[i] != kNoSite, live && i != 0) << i;
    EXPECT_EQ(frame.pools.age[i] != kNoAge, live && i != 0) << i;
    if (frame.pools.site[i] == kNoSite) continue;
    if (i % 2 == 0 || frame.pools.live[i] > 20) {
      EXPECT_EQ(frame.stacks[frame.pools.site[i]], i % 2 == 0 ? 5u : 9u) << i;
    }
    EXPECT_GE(frame.pools.age[i], last);
    last = frame.pools.age[i];
    ++known;
  }
  EXPECT_GT(known, 2u);
  EXPECT_EQ(last, kNoAge - 1);
}

TYPED_TEST(FrameTest, blocks_in_quarantine_are_from_nowhere) {
  this->fill();
  ASSERT_TRUE(this->audit().only({}));
  const HeapPlan& plan = this->plan();
  const FindFacts freed = [&](Address at, BlockFacts& facts) {
    const bool found = find_facts(plan, at, facts);
    facts.state = BlockState::freed;
    return found;
  };
  EXPECT_TRUE(read_frame(OwnMemory{}, plan, 0, {freed, nullptr}).pools.site.empty());
  EXPECT_TRUE(this->read().pools.site.empty());
  EXPECT_TRUE(this->read().pools.age.empty());
}

TYPED_TEST(FrameTest, blocks_on_guard_pages_are_counted_by_site) {
  this->fill();
  ASSERT_TRUE(this->audit().only({}));
  const HeapFrame frame =
      read_frame(OwnMemory{}, this->plan(), 0,
                 {nullptr, [](const std::function<void(const BlockFacts& facts)>& visit) {
                    BlockFacts facts;
                    for (std::uint32_t i = 0; i < 10; ++i) {
                      facts.size = 100 + i;
                      facts.outer_begin = 0x100000 + Address{i} * 0x3000;
                      facts.outer_end = facts.outer_begin + 0x4000;
                      facts.begin = facts.outer_begin + 0x1000 + 64 * i;
                      facts.allocated = i < 7 ? 5 : 9;
                      facts.state = i == 0 ? BlockState::freed : BlockState::live;
                      visit(facts);
                    }
                  }});
  EXPECT_EQ(frame.on_pages.freed, 1u);
  ASSERT_EQ(frame.on_pages.sites.size(), 2u);
  const OnPagesCount& five = frame.on_pages.sites[0];
  EXPECT_EQ(frame.stacks[five.site], 5u);
  EXPECT_EQ(five.blocks, 6u);
  EXPECT_EQ(five.bytes, 621u);
  EXPECT_EQ(frame.stacks[frame.on_pages.sites[1].site], 9u);
  EXPECT_EQ(frame.on_pages.sites[1].blocks, 3u);
  ASSERT_EQ(frame.on_pages.stretches.size(), 10u);
  const OnPagesStretch& last = frame.on_pages.stretches[9];
  EXPECT_EQ(last.page, 0x100u + 27);
  EXPECT_EQ(last.pages, 4u);
  EXPECT_EQ(last.offset, 0x1000u + 64 * 9);
  EXPECT_EQ(last.bytes, 109u);
  EXPECT_EQ(frame.stacks[last.site], 9u);
  EXPECT_EQ(last.freed, 0);
  EXPECT_EQ(frame.on_pages.stretches[0].freed, 1);
  EXPECT_TRUE(frame.pools.site.empty()) << "no cell is coloured by them";
  EXPECT_TRUE(this->read().on_pages.sites.empty());
}

TYPED_TEST(FrameTest, of_very_many_stretches_the_first_are_kept) {
  this->fill();
  ASSERT_TRUE(this->audit().only({}));
  const auto each = [](const std::function<void(const BlockFacts& facts)>& visit) {
    BlockFacts facts;
    facts.state = BlockState::live;
    facts.size = 1;
    for (std::size_t i = 0; i < kMostStretches + 3; ++i) visit(facts);
  };
  const OnPages pages = read_frame(OwnMemory{}, this->plan(), 0, {nullptr, each}).on_pages;
  EXPECT_EQ(pages.stretches.size(), kMostStretches);
  EXPECT_EQ(pages.stretches_left_out, 3u);
  ASSERT_EQ(pages.sites.size(), 1u);
  EXPECT_EQ(pages.sites[0].blocks, kMostStretches + 3) << "all are counted";
}

TYPED_TEST(FrameTest, a_heap_that_was_not_used_has_no_pools) {
  const HeapFrame frame = this->read();
  EXPECT_EQ(frame.pool_count, this->pool_count());
  EXPECT_EQ(frame.pools.use.size(), frame.pool_count);
  EXPECT_TRUE(frame.spans.empty());
  EXPECT_TRUE(frame.detail.free.empty());
}

TYPED_TEST(FrameTest, pinned_is_what_live_blocks_keep) {
  this->fill();
  const HeapFrame frame = this->read();
  std::uint64_t pinned = 0;
  for (std::uint32_t i = 0; i < frame.pool_count; ++i) {
    const std::uint64_t kept = kept_bytes(this->plan(), frame.pools, i);
    EXPECT_LE(kept, TypeParam::kPoolBytes);
    EXPECT_LE(pinned_bytes(this->plan(), frame.pools, i), kept);
    if (frame.pools.live[i] == 0) {
      EXPECT_EQ(pinned_bytes(this->plan(), frame.pools, i), 0u);
    }
    pinned += pinned_bytes(this->plan(), frame.pools, i);
  }
  EXPECT_GT(pinned, 0u);
  // The pool with every other block freed.
  const std::uint32_t sparse = this->find(PoolState::listed);
  const std::uint64_t live_bytes =
      frame.pools.live[sparse] * std::uint64_t{TestFixture::Classes::kBlocks[this->kBusyClass]};
  EXPECT_EQ(pinned_bytes(this->plan(), frame.pools, sparse),
            kept_bytes(this->plan(), frame.pools, sparse) - live_bytes);
}

}  // namespace
}  // namespace arenite::map
