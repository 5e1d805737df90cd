// SPDX-License-Identifier: MIT
#include "heap/statistics.hpp"

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

TEST(Statistics, of_nothing) {
  const Statistics none;
  EXPECT_EQ(none.accounted_bytes(), none.mapped_bytes());
  EXPECT_THAT(printed(none, print_text), HasSubstr("0 bytes mapped"));
}

}  // namespace
}  // namespace arenite
