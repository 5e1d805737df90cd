// SPDX-License-Identifier: MIT
// What a thread that ends leaves behind: on the shelves, where the next one finds it, once threads
// that came after others had asked for as much; nothing while the heap shrinks, and nothing when
// the last one goes.
#include <array>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"

namespace arenite {
namespace {

template <class Setup>
class HeapDetachTest : public HeapFixture<Setup> {
 protected:
  static constexpr std::size_t kSize = 64;
  static constexpr std::size_t kBlocks = 5;

  /// A thread that comes, has a few blocks, frees them in the order it got them, and ends.
  void come_and_go() {
    const ThreadBlock own = attach();
    use(own);
    this->heap.detach(own);
  }

  ThreadBlock attach() {
    const ThreadBlock own = this->heap.attach(2);
    EXPECT_NE(own, 0u);
    return own;
  }

  void use(ThreadBlock own) {
    std::array<void*, kBlocks> blocks;
    for (void*& block : blocks) block = this->heap.allocate(own, kSize);
    for (void* block : blocks) this->heap.free(own, block);
  }

  unsigned shelved() const {
    using Classes = SizeClasses<typename Setup::Layout>;
    const auto& list = this->heap.root().lists[Classes::class_of(kSize).value];
    return list.shelved[0].load() + list.shelved[1].load();
  }
};
using Setups = testing::Types<On<Tiny>, On<Classic>, On<Production>>;
TYPED_TEST_SUITE(HeapDetachTest, Setups);

TYPED_TEST(HeapDetachTest, TheFirstThreadLeavesNothing) {
  this->come_and_go();
  EXPECT_EQ(this->shelved(), 0u);
  EXPECT_EQ(this->heap.root().used_pools, 0u);
}

TYPED_TEST(HeapDetachTest, TheNextThreadFindsWhatOthersLeftAndNobodyOpensAPool) {
  for (int i = 0; i < 4; ++i) this->come_and_go();
  const unsigned left = this->shelved();
  EXPECT_GE(left, TestFixture::kBlocks);
  const ThreadBlock own = this->attach();
  void* block = this->heap.allocate(own, TestFixture::kSize);
  EXPECT_LT(this->shelved(), left) << "the first block comes from the shelf";
  this->heap.free(own, block);
  this->heap.detach(own);
  EXPECT_EQ(this->shelved(), left) << "and all that was taken goes back to it";
  this->expect_all_free();
}

TYPED_TEST(HeapDetachTest, NothingIsLeftWhileTheHeapShrinks) {
  for (int i = 0; i < 4; ++i) this->come_and_go();
  ASSERT_GT(this->shelved(), 0u);
  const ThreadBlock own = this->attach();
  this->use(own);
  this->heap.root().decommits.fetch_add(1);
  this->heap.detach(own);
  EXPECT_EQ(this->shelved(), 0u);
  EXPECT_EQ(this->heap.root().used_pools, 0u);
}

TYPED_TEST(HeapDetachTest, WhoLeavesLastClearsTheShelves) {
  for (int i = 0; i < 4; ++i) this->come_and_go();
  ASSERT_GT(this->shelved(), 0u);
  const ThreadBlock other = this->attach();
  this->heap.detach(this->thread);
  EXPECT_GT(this->shelved(), 0u) << "there is one left";
  this->heap.detach(other);
  EXPECT_EQ(this->shelved(), 0u);
  EXPECT_EQ(this->heap.root().used_pools, 0u);
  this->thread = this->attach();
}

TYPED_TEST(HeapDetachTest, ADivertedThreadCountsAsOneThatIsLeft) {
  const ThreadBlock diverted = this->heap.attach(3, ThreadState::diverted);
  for (int i = 0; i < 4; ++i) this->come_and_go();
  this->heap.detach(this->thread);
  EXPECT_GT(this->shelved(), 0u);
  this->heap.detach(diverted);
  EXPECT_EQ(this->shelved(), 0u);
  this->thread = this->attach();
}

}  // namespace
}  // namespace arenite
