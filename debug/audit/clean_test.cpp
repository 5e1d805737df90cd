// SPDX-License-Identifier: MIT
// A heap that nobody overwrote gives no findings, whatever was done to it.
#include <random>

#include "debug/audit/audit_fixture.hpp"

namespace arenite {
namespace {

template <class G>
class CleanTest : public AuditFixture<G> {};
TYPED_TEST_SUITE(CleanTest, AuditedGeometries);

TYPED_TEST(CleanTest, a_heap_never_used) {
  const auto report = this->audit();
  EXPECT_TRUE(report.only({})) << report;
  EXPECT_EQ(report.end, AuditEnd::complete);
}

TYPED_TEST(CleanTest, something_of_everything) {
  this->fill();
  const auto report = this->audit();
  EXPECT_TRUE(report.only({})) << report;
  EXPECT_EQ(report.end, AuditEnd::complete);
  EXPECT_EQ(report.unreadable, 0u);
  for (PoolState state : {PoolState::free, PoolState::attached, PoolState::listed, PoolState::full,
                          PoolState::span, PoolState::span_end})
    EXPECT_NE(this->find(state), this->kNobody) << static_cast<int>(state);
}

TYPED_TEST(CleanTest, after_every_step_of_a_random_program) {
  std::mt19937 random(7);
  std::vector<void*> live;
  for (int step = 0; step < 3000; ++step) {
    const ThreadBlock thread = random() % 2 == 0 ? this->first_ : this->second_;
    if (live.size() < 2 || random() % 5 < 3) {
      const std::size_t limit = random() % 8 == 0 ? TypeParam::kPoolBytes * 5 : 300;
      if (void* block = this->heap_.allocate(thread, random() % limit + 1)) live.push_back(block);
    } else {
      std::swap(live[random() % live.size()], live.back());
      this->heap_.free(thread, live.back());
      live.pop_back();
    }
    if (step % 500 == 499) this->heap_.trim(this->first_);
    if (step % 10 == 0) {
      const auto report = this->audit();
      ASSERT_TRUE(report.only({})) << report << "at step " << step;
    }
  }
}

TYPED_TEST(CleanTest, statistics_add_up_to_what_is_mapped) {
  this->fill();
  this->audit();
  const Statistics& statistics = this->statistics();
  EXPECT_EQ(statistics.accounted_bytes(), statistics.mapped_bytes());
  const ClassStatistics& busy = statistics.classes[this->kBusyClass];
  std::size_t live = 0;
  for (void* block : this->small_) live += block != nullptr;
  EXPECT_EQ(busy.live, live);
  EXPECT_EQ(busy.live + busy.held + busy.free + busy.uncarved, busy.capacity);
  EXPECT_EQ(statistics.spans, 4u);
  EXPECT_EQ(statistics.pools_unclear, 0u);
  EXPECT_GT(statistics.pools_dirty, 0u);
  EXPECT_EQ(statistics.threads, 2u);
}

TYPED_TEST(CleanTest, a_held_lock_is_told) {
  this->fill();
  auto& root = this->root();
  for (auto* lock :
       {&root.lists[1].lock, &root.lists[0].lock, &root.range_lock, &root.thread_lock}) {
    lock->store(1);
    EXPECT_TRUE(this->audit().locked);
    lock->store(0);
    EXPECT_FALSE(this->audit().locked);
  }
}

}  // namespace
}  // namespace arenite
