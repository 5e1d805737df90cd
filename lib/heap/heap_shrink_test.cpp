// SPDX-License-Identifier: MIT
// How much room arrays have: they grow with use, and must not keep pools from becoming empty when
// all blocks are freed.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

constexpr std::size_t kSizes[] = {64, 96, 128, 512};

template <class Setup>
class HeapShrinkTest : public HeapFixture<Setup> {
 protected:
  using G = typename Setup::Layout;

  /// Blocks of several classes in many more pools than are retained, in an order without meaning.
  std::vector<void*> allocate_many() {
    std::vector<void*> blocks;
    while (this->heap.root().used_pools < std::min(6 * G::kRetainedPools, 3 * kArenaPools))
      for (const std::size_t size : kSizes) blocks.push_back(this->allocate(size));
    std::shuffle(blocks.begin(), blocks.end(), std::mt19937(1));
    return blocks;
  }

  void allocate_and_free_many() {
    for (void* block : allocate_many()) this->free(block);
    EXPECT_GT(this->heap.root().decommits, 0u);
  }

  unsigned room(std::size_t size) const {
    return BlockArray(this->thread, SizeClasses<G>::array_offset(size)).capacity();
  }
};
using Setups = testing::Types<On<Tiny>, On<Classic>, On<Production>>;
TYPED_TEST_SUITE(HeapShrinkTest, Setups);

TYPED_TEST(HeapShrinkTest, EachRefillDoublesAnArray) {
  using Classes = SizeClasses<typename TestFixture::G>;
  for (const std::size_t size : {16u, 64u, 512u}) {
    const unsigned slots = Classes::facts(Classes::class_of(size)).slots;
    // The first has made room for a refill, and then for the next.
    unsigned expected = 2 * std::clamp(256u / static_cast<unsigned>(size), 1u, 8u);
    for (unsigned room = 0; room < slots;) {
      void* block = this->allocate(size);
      ASSERT_NE(block, nullptr);
      if (this->room(size) == room) continue;
      room = this->room(size);
      EXPECT_EQ(room, std::min(expected, slots)) << size;
      expected *= 2;
    }
  }
}

TYPED_TEST(HeapShrinkTest, NoPoolIsKeptForABlockInAnArray) {
  this->allocate_and_free_many();
  EXPECT_EQ(this->heap.root().used_pools, 0u);
  for (const std::size_t size : kSizes) EXPECT_EQ(this->room(size), 0u) << size;
  this->expect_all_free();
}

TYPED_TEST(HeapShrinkTest, ArraysGetRoomAgainWhenBlocksAreAskedFor) {
  this->allocate_and_free_many();
  void* block = this->allocate(64);
  EXPECT_GT(this->room(64), 0u);
  this->free(block);
  EXPECT_EQ(this->allocate(64), block);
}

TYPED_TEST(HeapShrinkTest, AThreadThatOnlyFreesGetsRoomAgainAfterAWhile) {
  const std::vector<void*> others = this->allocate_many();
  const ThreadBlock frees = this->heap.attach(2);
  thread_header(frees).straight_left = 2;
  const auto room = [frees] {
    return BlockArray(frees, SizeClasses<typename TestFixture::G>::array_offset(64)).capacity();
  };
  unsigned straight = 0;
  for (void* block : others) {
    if (this->heap.usable_size(block) != 64) continue;
    this->heap.free(frees, block);
    if (room() != 0) break;
    ++straight;
  }
  EXPECT_EQ(straight, 2u);
}

TYPED_TEST(HeapShrinkTest, ANewThreadDoesNotTakeFormerDecommitsForItsOwn) {
  this->allocate_and_free_many();
  const ThreadBlock other = this->heap.attach(2);
  this->heap.free(other, this->allocate(64));
  EXPECT_GT(BlockArray(other, SizeClasses<typename TestFixture::G>::array_offset(64)).capacity(),
            0u);
  this->heap.detach(other);
}

}  // namespace
}  // namespace arenite
