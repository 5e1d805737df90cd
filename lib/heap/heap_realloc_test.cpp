// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

template <class Setup>
class HeapReallocTest : public HeapFixture<Setup> {
 protected:
  void* reallocate(void* block, std::size_t size) {
    return this->heap.reallocate(this->thread, block, size);
  }
};
TYPED_TEST_SUITE(HeapReallocTest, HeapSetups);

TYPED_TEST(HeapReallocTest, ContentsSurviveEveryStepUpAndDown) {
  std::vector<std::size_t> sizes;
  for (const std::uint32_t bytes : TypeParam::Layout::kBlockBytes) {
    sizes.push_back(bytes);
    sizes.push_back(bytes + 1);
  }
  for (std::size_t pools = 1; pools < 90; pools = pools * 2 + 1) {
    sizes.push_back(pools * this->kPool);
    sizes.push_back(pools * this->kPool + 1);
  }
  std::vector<std::size_t> path(sizes.begin(), sizes.end());
  path.insert(path.end(), sizes.rbegin(), sizes.rend());
  void* block = this->allocate(1);
  std::size_t had = 1;
  stamp(block, had, 8);
  for (const std::size_t size : path) {
    block = this->reallocate(block, size);
    ASSERT_NE(block, nullptr) << size;
    ASSERT_GE(this->heap.usable_size(block), size);
    ASSERT_TRUE(stamped(block, std::min(had, size), 8)) << had << " to " << size;
    stamp(block, size, 8);
    had = size;
  }
  this->free(block);
  this->expect_all_free();
}

TYPED_TEST(HeapReallocTest, RandomSizesKeepContentsOfAllBlocks) {
  std::mt19937 random(3);
  std::vector<std::pair<void*, std::size_t>> blocks(12);
  for (unsigned i = 0; i < blocks.size(); ++i) blocks[i] = {this->allocate(0), 0};
  for (int step = 0; step < 1500; ++step) {
    const unsigned i = static_cast<unsigned>(random() % blocks.size());
    auto& [block, bytes] = blocks[i];
    std::size_t size = random() % (random() % 3 == 0 ? 9 * this->kPool : this->kSmall + 20);
    ASSERT_TRUE(stamped(block, bytes, i)) << "step " << step;
    void* moved = this->reallocate(block, size);
    ASSERT_NE(moved, nullptr);
    ASSERT_TRUE(stamped(moved, std::min(bytes, size), i)) << "step " << step;
    stamp(moved, size, i);
    blocks[i] = {moved, size};
  }
  for (auto& [block, bytes] : blocks) this->free(block);
  this->expect_all_free();
}

TYPED_TEST(HeapReallocTest, BlockStaysWhereItFitsWithoutWastingAQuarter) {
  for (const std::uint32_t bytes : TypeParam::Layout::kBlockBytes) {
    void* block = this->allocate(bytes);
    const std::uint32_t least = (3 * bytes + 3) / 4;
    EXPECT_EQ(this->reallocate(block, least), block) << bytes;
    EXPECT_EQ(this->reallocate(block, bytes), block) << bytes;
    void* grown = this->reallocate(block, bytes + 1);
    EXPECT_NE(grown, block) << bytes;
    this->free(grown);
  }
}

TYPED_TEST(HeapReallocTest, BlockThatWastesAQuarterIsExchangedForOneOfTheNextClassThatHolds) {
  using Classes = SizeClasses<typename TypeParam::Layout>;
  for (const std::uint32_t bytes : TypeParam::Layout::kBlockBytes) {
    const std::uint32_t less = (3 * bytes + 3) / 4 - 1;
    const bool smaller = Classes::facts(Classes::class_of(less)).block_bytes < bytes;
    void* block = this->allocate(bytes);
    void* shrunk = this->reallocate(block, less);
    EXPECT_EQ(shrunk != block, smaller) << bytes;
    EXPECT_EQ(this->heap.usable_size(shrunk), Classes::facts(Classes::class_of(less)).block_bytes);
    this->free(shrunk);
  }
}

TYPED_TEST(HeapReallocTest, SpanGrowsAndShrinksInPlaceWhileThereIsRoom) {
  void* span = this->allocate(this->kSmall + 1);
  EXPECT_EQ(this->reallocate(span, 20 * this->kPool), span);
  EXPECT_EQ(this->heap.root().used_pools, 20u);
  EXPECT_EQ(this->reallocate(span, 3 * this->kPool), span);
  EXPECT_EQ(this->heap.root().used_pools, 3u);
  EXPECT_EQ(this->fake.memory.moves, 0u);
}

TYPED_TEST(HeapReallocTest, LargeSpanIsMovedByItsPagesOrCopiedIfThatIsRefused) {
  const std::size_t size = 2 * this->kArena;
  ASSERT_GE(size, 256u << 10) << "from here on pages are moved";
  for (const bool refused : {false, true}) {
    FakeHeap<typename TypeParam::Layout> wide(8);
    const ThreadBlock own = wide.heap.attach(1, TypeParam::kState);
    // So that no commit is asked for later.
    wide.heap.free(own, wide.heap.allocate(own, 8 * this->kArena));
    void* span = wide.heap.allocate(own, size);
    void* wall = wide.heap.allocate(own, size);
    ASSERT_EQ(address_of(wall), address_of(span) + size);
    stamp(span, size, 5);
    wide.plan.first = refused ? wide.plan.asked + 1 : 0;
    wide.plan.length = 1000;
    void* moved = wide.heap.reallocate(own, span, size + 1);
    wide.plan.first = 0;
    ASSERT_NE(moved, nullptr);
    EXPECT_NE(moved, span);
    EXPECT_EQ(wide.memory.moves, refused ? 0u : 1u);
    EXPECT_TRUE(stamped(moved, size, 5));
    wide.heap.free(own, moved);
    wide.heap.free(own, wall);
    EXPECT_EQ(wide.heap.root().used_pools, 0u);
  }
}

TYPED_TEST(HeapReallocTest, LargeSpanIsCopiedToAPlaceThatIsMostlyTouched) {
  const std::size_t size = 2 * this->kArena;
  for (const bool touched : {false, true}) {
    FakeHeap<typename TypeParam::Layout> wide(8);
    const ThreadBlock own = wide.heap.attach(1, TypeParam::kState);
    wide.heap.root().retain_pools = 10'000;
    void* span = wide.heap.allocate(own, size);
    void* wall = wide.heap.allocate(own, size);
    stamp(span, size, 5);
    if (touched) wide.heap.free(own, wide.heap.allocate(own, size));
    void* moved = wide.heap.reallocate(own, span, size + 1);
    ASSERT_NE(moved, nullptr);
    EXPECT_EQ(wide.memory.moves, touched ? 0u : 1u);
    EXPECT_TRUE(stamped(moved, size, 5));
    // What was copied leaves its pages behind for the next.
    EXPECT_EQ(wide.heap.root().dirty_pools, touched ? size / this->kPool : 0u);
    wide.heap.free(own, moved);
    wide.heap.free(own, wall);
  }
}

TYPED_TEST(HeapReallocTest, BlockIsAsItWasWhenMemoryCannotBeHad) {
  void* small = this->allocate(this->kSmall);
  void* span = this->allocate(2 * this->kPool);
  stamp(small, this->kSmall, 1);
  stamp(span, 2 * this->kPool, 2);
  while (this->allocate(this->kPool) != nullptr) {
  }
  EXPECT_EQ(this->reallocate(small, 5 * this->kPool), nullptr);
  EXPECT_EQ(this->reallocate(span, 5 * this->kPool), nullptr);
  EXPECT_EQ(this->reallocate(span, this->kRange * 2), nullptr);
  EXPECT_EQ(this->reallocate(small, ~std::size_t{0}), nullptr);
  EXPECT_TRUE(stamped(small, this->kSmall, 1));
  EXPECT_TRUE(stamped(span, 2 * this->kPool, 2));
  EXPECT_EQ(this->heap.usable_size(small), this->kSmall);
  EXPECT_EQ(this->heap.usable_size(span), 2 * this->kPool);
}

}  // namespace
}  // namespace arenite
