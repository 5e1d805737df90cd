// SPDX-License-Identifier: MIT
#include "heap/statistics.hpp"

#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "heap/heap.hpp"
#include "layout/own_memory.hpp"
#include "os/fake_pages.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;

template <class G>
class StatisticsTest : public ::testing::Test {
 public:
  void SetUp() override {
    ASSERT_TRUE(heap_.open(kArenaBytes<G> * 4));
    thread_ = heap_.attach(0);
  }
  void TearDown() override { heap_.close(); }

  bool collect() {
    HeapRoot<Remote> root;
    OwnMemory::copy(reinterpret_cast<Address>(&heap_.root()), &root, sizeof root);
    return StatisticsCollector(OwnMemory{}, root, statistics_).collect();
  }

 protected:
  FakeMemory memory_{G::kPageBytes};
  Heap<HeapConfig<G, FakePages>> heap_{FakePages(memory_)};
  ThreadBlock thread_ = 0;
  Statistics statistics_;
};
using Geometries = ::testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(StatisticsTest, Geometries);

TYPED_TEST(StatisticsTest, live_blocks_are_those_that_were_asked_for_and_not_freed) {
  constexpr unsigned kClass = 3;
  const std::size_t size = SizeClasses<TypeParam>::kBlocks[kClass];
  std::vector<void*> blocks;
  for (int i = 0; i < 50; ++i) blocks.push_back(this->heap_.allocate(this->thread_, size));
  for (int i = 0; i < 20; ++i) this->heap_.free(this->thread_, blocks[static_cast<unsigned>(i)]);
  ASSERT_TRUE(this->collect());
  const ClassStatistics& of = this->statistics_.classes[kClass];
  EXPECT_EQ(of.block_bytes, size);
  EXPECT_EQ(of.live, 30u);
  EXPECT_EQ(of.live + of.held + of.free + of.uncarved, of.capacity);
  EXPECT_EQ(of.capacity, of.pools * SizeClasses<TypeParam>::kFacts[kClass].capacity);
  EXPECT_EQ(this->statistics_.live_bytes(), 30 * size);
}

TYPED_TEST(StatisticsTest, spans_count_what_may_be_used_and_what_was_rounded) {
  const std::size_t bytes = TypeParam::kPoolBytes * 2 + TypeParam::kPageBytes - 3;
  this->heap_.allocate(this->thread_, bytes);
  ASSERT_TRUE(this->collect());
  EXPECT_EQ(this->statistics_.spans, 1u);
  EXPECT_EQ(this->statistics_.span_pools, 3u);
  EXPECT_EQ(this->statistics_.span_bytes, bytes + 3);
  EXPECT_EQ(this->statistics_.span_rounding(), TypeParam::kPoolBytes - TypeParam::kPageBytes);
}

TYPED_TEST(StatisticsTest, the_sum_of_all_uses_is_what_is_mapped_at_every_step) {
  std::vector<void*> blocks;
  for (std::size_t step = 1; step < 60; ++step) {
    blocks.push_back(this->heap_.allocate(this->thread_, step * step * 3));
    if (step % 3 == 0) {
      this->heap_.free(this->thread_, blocks[step / 2]);
      blocks[step / 2] = nullptr;
    }
    if (step % 20 == 0) this->heap_.trim(this->thread_);
    ASSERT_TRUE(this->collect());
    ASSERT_EQ(this->statistics_.accounted_bytes(), this->statistics_.mapped_bytes()) << step;
    ASSERT_EQ(this->statistics_.pools_unclear, 0u);
  }
}

TYPED_TEST(StatisticsTest, blocks_are_carved_as_they_are_first_used) {
  // More than a word of the bitmap has; a diverted thread takes them one by one.
  constexpr unsigned kBlocks = 70, kFreed = 5;
  const ThreadBlock diverted = this->heap_.attach(1, ThreadState::diverted);
  void* blocks[kBlocks];
  for (void*& block : blocks) block = this->heap_.allocate(diverted, 1);
  ASSERT_TRUE(this->collect());
  const ClassStatistics& of = this->statistics_.classes[0];
  EXPECT_EQ(of.pools, 1u);
  EXPECT_EQ(of.free, 0u);
  EXPECT_EQ(of.uncarved, of.capacity - kBlocks);
  for (unsigned i = 0; i < kFreed; ++i) this->heap_.free(diverted, blocks[kBlocks - 1 - 2 * i]);
  ASSERT_TRUE(this->collect());
  EXPECT_EQ(of.free, kFreed);
  EXPECT_EQ(of.uncarved, of.capacity - kBlocks);
  EXPECT_EQ(of.live, kBlocks - kFreed);
  this->heap_.detach(diverted);
}

TYPED_TEST(StatisticsTest, arenas_are_full_or_empty) {
  void* span = this->heap_.allocate(this->thread_, kArenaBytes<TypeParam>);
  ASSERT_TRUE(this->collect());
  EXPECT_EQ(this->statistics_.arenas, 1u);
  EXPECT_EQ(this->statistics_.arenas_full, 1u);
  EXPECT_EQ(this->statistics_.arenas_empty, 0u);
  this->heap_.free(this->thread_, span);
  ASSERT_TRUE(this->collect());
  EXPECT_EQ(this->statistics_.arenas_full, 0u);
  EXPECT_EQ(this->statistics_.arenas_empty, 1u);
}

TYPED_TEST(StatisticsTest, the_root_is_told_as_it_is) {
  const ThreadBlock second = this->heap_.attach(1);
  void* block = this->heap_.allocate(this->thread_, TypeParam::kPoolBytes * 3);
  this->heap_.detach(second);
  this->heap_.free(this->thread_, block);
  ASSERT_TRUE(this->heap_.trim(this->thread_));
  ASSERT_TRUE(this->collect());
  const HeapRoot<Native>& root = this->heap_.root();
  const Stretch<Native>* tables[] = {&root.arenas,  &root.class_bytes, &root.pools,
                                     &root.bitmaps, &root.shelves,     &root.threads};
  for (std::size_t i = 0; i < std::size(tables); ++i) {
    EXPECT_EQ(this->statistics_.tables[i].committed, tables[i]->committed.load());
    EXPECT_EQ(this->statistics_.tables[i].reserved, tables[i]->bytes);
  }
  EXPECT_STREQ(this->statistics_.geometry, TypeParam::kName);
  EXPECT_GT(root.decommits.load(), 0u);
  EXPECT_EQ(this->statistics_.decommits, root.decommits.load());
  EXPECT_EQ(this->statistics_.threads, 1u);
  EXPECT_EQ(this->statistics_.thread_blocks, 2u);
}

/// This process, but for a stretch.
struct HalfBlind {
  Address begin, end;
  bool read(Address at, void* to, std::size_t bytes) const {
    return (at + bytes <= begin || at >= end) && OwnMemory{}.read(at, to, bytes);
  }
};

TYPED_TEST(StatisticsTest, what_cannot_be_read_is_missed) {
  this->heap_.allocate(this->thread_, 100);
  HeapRoot<Remote> root;
  OwnMemory::copy(reinterpret_cast<Address>(&this->heap_.root()), &root, sizeof root);
  Statistics found;
  const auto collect_without = [&](const Stretch<Remote>& stretch) {
    const HalfBlind view{stretch.address, stretch.address + stretch.bytes};
    return StatisticsCollector(view, root, found).collect();
  };
  EXPECT_FALSE(collect_without(root.arenas));
  EXPECT_EQ(found.pools_unclear, kArenaPools);
  EXPECT_FALSE(collect_without(root.pools));
  EXPECT_EQ(found.pools_unclear, kArenaPools);
  EXPECT_FALSE(collect_without(root.bitmaps));
  EXPECT_EQ(found.pools_attached + found.pools_listed + found.pools_full, 1u);
  EXPECT_EQ(found.live_bytes(), 0u);
  EXPECT_FALSE(collect_without(root.threads));
  EXPECT_EQ(found.thread_blocks, 0u);
  EXPECT_TRUE(collect_without(root.range));
}

/// Gives what was written, in one piece.
std::string printed(const Statistics& statistics, void (*print)(const Statistics&, TextSink)) {
  std::string text;
  print(statistics, {[](void* to, const char* piece, std::size_t bytes) {
                       static_cast<std::string*>(to)->append(piece, bytes);
                     },
                     &text});
  return text;
}

TYPED_TEST(StatisticsTest, both_prints_show_the_same_numbers) {
  this->heap_.allocate(this->thread_, 100);
  ASSERT_TRUE(this->collect());
  const std::string mapped = std::to_string(this->statistics_.mapped_bytes());
  const std::string text = printed(this->statistics_, print_text);
  EXPECT_THAT(text, HasSubstr(std::string("geometry ") + TypeParam::kName));
  EXPECT_THAT(text, HasSubstr(mapped));
  EXPECT_THAT(text, HasSubstr("100.0 %"));
  const std::string json = printed(this->statistics_, print_json);
  EXPECT_THAT(json, HasSubstr("\"mapped_bytes\":" + mapped + ","));
  EXPECT_THAT(json, HasSubstr("\"accounted_bytes\":" + mapped + ","));
  EXPECT_EQ(std::count(json.begin(), json.end(), '{'), std::count(json.begin(), json.end(), '}'));
  EXPECT_EQ(json.find(",}"), std::string::npos);
  EXPECT_EQ(json.find(",,"), std::string::npos);
}

/// Every number another one.
Statistics made_up() {
  Statistics s;
  std::memcpy(s.geometry, "tiny", 4);
  s.class_count = 2;
  s.pool_bytes = 2048;
  s.classes[0] = {16, 3, 384, 101, 102, 103, 78, 50};
  s.classes[1] = {24, 0, 0, 0, 0, 0, 0, 0};
  s.arenas = 11, s.arenas_full = 12, s.arenas_empty = 13;
  s.pools_attached = 21, s.pools_listed = 22, s.pools_full = 23;
  s.pools_dirty = 24, s.pools_decommitted = 25, s.pools_untouched = 26, s.pools_unclear = 27;
  s.spans = 31, s.span_pools = 32, s.span_bytes = 60033;
  s.threads = 41, s.thread_blocks = 42, s.decommits = 43;
  s.range = {300'000, 400'000};
  for (std::size_t i = 0; i < s.tables.size(); ++i) s.tables[i] = {1000 + i, 2000 + i};
  s.guard_bytes = 4096;
  s.reserved_bytes = 500'000;
  return s;
}

TEST(Statistics, every_number_is_printed) {
  EXPECT_EQ(printed(made_up(), print_text),
            R"(heap of geometry tiny: 310111 bytes mapped of 500000 reserved
  live blocks                           1616      0.5 %
  live spans                           60033     19.4 %
  held by threads                       1632      0.5 %
  free blocks                           1648      0.5 %
  uncarved blocks                       1248      0.4 %
  pool tails                              50      0.0 %
  span rounding                         5503      1.8 %
  free pools, dirty                    49152     15.8 %
  free pools, clean                   104448     33.7 %
  tables                                6015      1.9 %
  guard regions                         4096      1.3 %
  sum                                 235441     75.9 %

arenas 11: 12 full, 13 empty, of 64 pools of 2048 bytes
pools in use 21 attached, 22 listed, 23 full
pools free 24 dirty, 25 decommitted, 26 untouched
spans 31 of 32 pools
thread blocks 41 in use of 42 made; pages given back 43 times

class  block   pools        live        held        free    uncarved  tail bytes
    0     16       3         101         102         103          78          50
)");
}

TEST(Statistics, every_number_is_in_the_json) {
  EXPECT_EQ(
      printed(made_up(), print_json),
      R"({"geometry":"tiny","pool_bytes":2048,"mapped_bytes":310111,"accounted_bytes":235441,)"
      R"("reserved_bytes":500000,"live_bytes":61649,"held_bytes":1632,"free_bytes":1648,)"
      R"("uncarved_bytes":1248,"tail_bytes":50,"span_rounding_bytes":5503,"table_bytes":6015,)"
      R"("guard_bytes":4096,"range_committed_bytes":300000,"range_reserved_bytes":400000,)"
      R"("arenas":{"count":11,"full":12,"empty":13},)"
      R"("pools":{"attached":21,"listed":22,"full":23,"dirty":24,"decommitted":25,"untouched":26,)"
      R"("unclear":27},"spans":{"count":31,"pools":32,"bytes":60033},"threads":41,)"
      R"("thread_blocks":42,"decommits":43,"tables":{"arena_descriptors":1000,"class_bytes":1001,)"
      R"("pool_descriptors":1002,"bitmaps":1003,"shelves":1004,"thread_blocks":1005},)"
      R"("classes":[{"class":0,"block_bytes":16,"pools":3,"capacity":384,"live":101,"held":102,)"
      R"("free":103,"uncarved":78,"tail_bytes":50},{"class":1,"block_bytes":24,"pools":0,)"
      R"("capacity":0,"live":0,"held":0,"free":0,"uncarved":0,"tail_bytes":0}]})");
}

TEST(Statistics, of_nothing) {
  const Statistics none;
  EXPECT_EQ(none.accounted_bytes(), none.mapped_bytes());
  EXPECT_THAT(printed(none, print_text), HasSubstr("0 bytes mapped"));
}

}  // namespace
}  // namespace arenite
