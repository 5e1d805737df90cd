// SPDX-License-Identifier: MIT
// The freed span that a thread keeps for its next request.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/caught_fatal.hpp"
#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

template <class Setup>
class KeptSpanTest : public HeapFixture<Setup> {
 protected:
  using Base = HeapFixture<Setup>;
  using G = typename Base::G;

  PoolState state_of(const void* span) {
    const Tables<G> tables(this->heap.root());
    return tables.pool(tables.pool_of(address_of(span))).state.load();
  }
  std::uint32_t used() { return this->heap.root().used_pools; }
  /// A span of so many pools, a little short of them.
  void* span(std::uint32_t pools) { return this->allocate(pools * Base::kPool - 1); }

  static constexpr PoolState kFreed = Base::kHasArrays ? PoolState::kept : PoolState::free;
};
TYPED_TEST_SUITE(KeptSpanTest, HeapSetups);

TYPED_TEST(KeptSpanTest, ComesAgainForAsManyPools) {
  void* span = this->span(2);
  this->free(span);
  EXPECT_EQ(this->state_of(span), this->kFreed);
  EXPECT_EQ(this->used(), this->kHasArrays ? 2u : 0u);
  void* again = this->allocate(this->kPool + 1);
  EXPECT_EQ(again, span);
  EXPECT_EQ(this->state_of(span), PoolState::span);
  EXPECT_EQ(this->heap.usable_size(again), this->kPool + TypeParam::Layout::kPageBytes);
  this->free(again);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, StaysForAnotherNumberOfPoolsAndGoesForTheNextFreed) {
  if (!this->kHasArrays) GTEST_SKIP() << "a diverted thread keeps none";
  void* first = this->span(2);
  void* second = this->span(1);
  this->free(first);
  void* third = this->span(1);
  EXPECT_EQ(this->state_of(first), this->kFreed);
  EXPECT_NE(third, first);
  this->free(second);
  EXPECT_EQ(this->state_of(first), PoolState::free);
  EXPECT_EQ(this->state_of(second), this->kFreed);
  this->free(third);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, IsNoneThatIsLargeBesideTheHeap) {
  constexpr std::uint32_t kMost = std::min(TypeParam::Layout::kKeptSpanPools, kArenaPools / 16);
  void* small = this->span(kMost);
  void* large = this->span(kMost + 1);
  this->free(small);
  EXPECT_EQ(this->state_of(small), this->kFreed);
  this->free(large);
  EXPECT_EQ(this->state_of(large), PoolState::free);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, IsTheFastPathOfALargeRequest) {
  const auto try_allocate = [this](std::size_t size) {
    return this->heap.try_allocate_span(this->thread, size);
  };
  void* span = this->span(2);
  EXPECT_EQ(try_allocate(this->kPool + 1), nullptr) << "none is kept yet";
  this->free(span);
  for (const std::size_t size :
       {std::size_t{1}, this->kPool, 2 * this->kPool + 1, ~std::size_t{0},
        ~std::size_t{0} - this->kPool, (this->kPool << 32) + 2 * this->kPool})
    EXPECT_EQ(try_allocate(size), nullptr) << size;
  void* again = try_allocate(2 * this->kPool);
  EXPECT_EQ(again, this->kHasArrays ? span : nullptr);
  EXPECT_EQ(try_allocate(2 * this->kPool), nullptr) << "it is out";
  this->free(again);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, IsZeroedIfThatIsAskedFor) {
  void* span = this->span(2);
  stamp(span, 2 * this->kPool - 1, 3);
  this->free(span);
  void* zeroed = this->heap.allocate_zeroed(this->thread, 2 * this->kPool);
  EXPECT_EQ(zeroed, span);
  EXPECT_TRUE(all_zero(zeroed, 2 * this->kPool));
  this->free(zeroed);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, IsNotTakenWhereAnAlignmentAsksForMore) {
  void* before = this->span(1);
  void* span = this->span(1);
  if (address_of(span) % this->kArena == 0) std::swap(before, span);
  this->free(span);
  void* aligned = this->heap.allocate_aligned(this->thread, this->kArena, this->kPool);
  EXPECT_EQ(address_of(aligned) % this->kArena, 0u);
  this->free(aligned);
  this->free(before);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, GoesWithItsThread) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  void* span = this->heap.allocate(other, this->kPool);
  this->heap.free(other, span);
  EXPECT_EQ(this->state_of(span), this->kFreed);
  this->heap.detach(other);
  EXPECT_EQ(this->used(), 0u);
  EXPECT_EQ(this->state_of(span), PoolState::free);
}

TYPED_TEST(KeptSpanTest, IsHadWhenNothingElseIs) {
  this->free(this->span(2));
  std::vector<void*> spans;
  while (void* one = this->span(1)) spans.push_back(one);
  EXPECT_EQ(spans.size(), this->kRange / this->kPool);
  for (void* one : spans) this->free(one);
  this->expect_all_free();
}

TYPED_TEST(KeptSpanTest, FreedTwiceIsNotThere) {
  void* span = this->span(1);
  this->free(span);
  EXPECT_NE(fatal_message([&] { this->free(span); }).find("double free or wild pointer"),
            std::string::npos);
  EXPECT_NE(fatal_message([&] { this->heap.usable_size(span); }).find("double free"),
            std::string::npos);
}

TYPED_TEST(KeptSpanTest, OfAnotherThreadIsGivenBackInAForkedChild) {
  const ThreadBlock other = this->heap.attach(2, TypeParam::kState);
  void* own = this->span(1);
  void* others = this->heap.allocate(other, this->kPool);
  void* nobodys = this->span(2);
  this->free(own);
  this->heap.free(other, others);
  // As if a thread had kept a span and not yet written that down.
  const Tables<typename TypeParam::Layout> tables(this->heap.root());
  tables.pool(tables.pool_of(address_of(nobodys))).state.store(PoolState::kept);
  this->heap.lock_all();
  this->heap.after_fork_in_child(this->thread);
  EXPECT_EQ(this->state_of(own), this->kFreed);
  EXPECT_EQ(this->state_of(others), PoolState::free);
  if (this->kHasArrays) {
    EXPECT_EQ(this->state_of(nobodys), PoolState::free);
    this->expect_all_free();
  }
}

}  // namespace
}  // namespace arenite
