// SPDX-License-Identifier: MIT
// Trimming: pages of free pools go back, and of other pools those that only free blocks lie on.
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

template <class Setup>
class HeapTrimTest : public HeapFixture<Setup> {
 protected:
  using G = typename Setup::Layout;
  static constexpr std::size_t kPage = G::kPageBytes;

  /// Pools full of blocks of one size, all bytes of them written.
  std::vector<void*> fill_pools(std::size_t size, std::size_t pools) {
    std::vector<void*> blocks;
    while (this->heap.root().used_pools <= pools) {
      void* block = this->allocate(size);
      stamp(block, size, static_cast<unsigned>(blocks.size()));
      blocks.push_back(block);
    }
    return blocks;
  }

  /// Frees all but each `survivors`-th block; returns those that live, by number.
  std::map<unsigned, void*> free_most(const std::vector<void*>& blocks, unsigned survivors) {
    std::map<unsigned, void*> live;
    for (unsigned i = 0; i < blocks.size(); ++i) {
      if (i % survivors == 0)
        live[i] = blocks[i];
      else
        this->free(blocks[i]);
    }
    return live;
  }

  /// The pages of used pools of the range that no byte of a live block lies on.
  std::vector<Address> pages_between(const std::map<unsigned, void*>& live,
                                     std::size_t size) const {
    std::vector<Address> pages;
    const auto& root = this->heap.root();
    for (Address page = root.range.address; page < root.range.address + root.range.committed;
         page += kPage) {
      const bool needed = std::any_of(live.begin(), live.end(), [=](const auto& entry) {
        const Address at = address_of(entry.second);
        return at < page + kPage && page < at + size;
      });
      if (!needed) pages.push_back(page);
    }
    return pages;
  }
};
TYPED_TEST_SUITE(HeapTrimTest, HeapSetups);

TYPED_TEST(HeapTrimTest, PagesBetweenLiveBlocksGoBackAndLiveBlocksStay) {
  for (const std::size_t size : {std::size_t{16}, std::size_t{48}, TestFixture::kSmall}) {
    const std::vector<void*> blocks = this->fill_pools(size, 6);
    // One to three live blocks a pool, at different places.
    const auto live = this->free_most(blocks, static_cast<unsigned>(blocks.size() / 11));
    const bool any = this->heap.trim(this->thread);
    EXPECT_TRUE(any || TestFixture::kPage == TestFixture::kPool);
    for (const auto& [number, block] : live) EXPECT_TRUE(stamped(block, size, number)) << size;
    for (const Address page : this->pages_between(live, size))
      ASSERT_TRUE(all_zero(reinterpret_cast<void*>(page), TestFixture::kPage)) << hex(page);
    for (const auto& [number, block] : live) this->free(block);
    this->expect_all_free();
  }
}

TYPED_TEST(HeapTrimTest, WhatWasTrimmedIsHandedOutAgain) {
  const std::size_t size = TestFixture::kSmall / 2;
  const std::vector<void*> blocks = this->fill_pools(size, 4);
  auto live = this->free_most(blocks, 5);
  this->heap.trim(this->thread);
  const std::uint32_t pools = this->heap.root().used_pools;
  for (unsigned i = 0; i < blocks.size(); ++i) {
    if (live.contains(i)) continue;
    live[i] = this->allocate(size);
    stamp(live[i], size, i);
  }
  EXPECT_LE(this->heap.root().used_pools, pools + 1) << "in the same pools";
  for (const auto& [number, block] : live) {
    EXPECT_TRUE(stamped(block, size, number));
    this->free(block);
  }
  this->expect_all_free();
}

TYPED_TEST(HeapTrimTest, PoolsWithoutAFreePageAreLeftAlone) {
  using Classes = SizeClasses<typename TestFixture::G>;
  const unsigned capacity = Classes::facts(Classes::class_of(16)).capacity;
  std::vector<void*> blocks;
  for (unsigned i = 0; i < capacity; ++i) blocks.push_back(this->allocate(16));
  for (unsigned i = 0; i < capacity; i += 2) this->free(blocks[i]);
  EXPECT_FALSE(this->heap.trim(this->thread));
  EXPECT_EQ(this->fake.memory.decommits, 0u);
  EXPECT_EQ(this->heap.root().decommits, 0u);
}

TYPED_TEST(HeapTrimTest, PagesTheSystemDoesNotTakeDoNotCount) {
  const std::vector<void*> blocks = this->fill_pools(TestFixture::kSmall, 3);
  const auto live = this->free_most(blocks, static_cast<unsigned>(blocks.size() - 1));
  this->heap.trim(this->thread);
  this->refuse(1000);
  EXPECT_FALSE(this->heap.trim(this->thread));
  this->allow();
  for (const auto& [number, block] : live) EXPECT_TRUE(stamped(block, TestFixture::kSmall, number));
}

TYPED_TEST(HeapTrimTest, AnyPatternOfLiveBlocksSurvives) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    const std::size_t size = 1 + random() % TestFixture::kSmall;
    const std::vector<void*> blocks = this->fill_pools(size, 3);
    std::map<unsigned, void*> live;
    const auto share = static_cast<unsigned>(1 + random() % 100);
    for (unsigned i = 0; i < blocks.size(); ++i) {
      if (random() % share == 0)
        live[i] = blocks[i];
      else
        this->free(blocks[i]);
    }
    this->heap.trim(this->thread);
    for (const auto& [number, block] : live) {
      ASSERT_TRUE(stamped(block, size, number)) << size;
      this->free(block);
    }
    this->heap.trim(this->thread);
    this->expect_all_free();
  }
}

}  // namespace
}  // namespace arenite
