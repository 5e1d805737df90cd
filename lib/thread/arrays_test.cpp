// SPDX-License-Identifier: MIT
#include "thread/arrays.hpp"

#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "thread/registry.hpp"

namespace arenite {
namespace {

/// The youngest entry, or 0.
Address pop(BlockArray& array) {
  Address block = 0;
  return array.pop(block) ? block : 0;
}

template <class G>
class ThreadsTest : public testing::Test {
 protected:
  static BlockArray array(ThreadBlock thread, const ClassFacts& facts) {
    return {thread, facts.first_line * kLineBytes};
  }
  ThreadBlock take(ThreadState state = ThreadState::live) { return registry.take(77, state); }

  FakeRange<G> range;
  ThreadRegistry<G, typename FakeRange<G>::Pages> registry{range.root, range.pages};
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(ThreadsTest, Geometries);

// ---- arrays ----

TYPED_TEST(ThreadsTest, FreshArraysAreEmptyAndTheirPoolsUnattached) {
  const ThreadBlock thread = this->take();
  for (std::uint8_t i = 0; i < SizeClasses<TypeParam>::kCount; ++i) {
    BlockArray array = this->array(thread, SizeClasses<TypeParam>::kFacts[i]);
    EXPECT_EQ(array.count(), 0u);
    EXPECT_EQ(pop(array), 0u);
    EXPECT_EQ(array.capacity(), 0u) << "room comes with use";
    EXPECT_FALSE(array.push(0x1000));
    EXPECT_EQ(attached_pool(thread, ThreadLayout<TypeParam>::kAttachedOffset, SizeClass{i}), kNone);
  }
}

TYPED_TEST(ThreadsTest, YoungestEntryComesOutFirst) {
  BlockArray array = this->array(this->take(), SizeClasses<TypeParam>::kFacts[1]);
  array.set_capacity(2);
  EXPECT_TRUE(array.push(0x1000));
  EXPECT_TRUE(array.push(0x2000));
  EXPECT_EQ(array.count(), 2u);
  EXPECT_EQ(array.count_seen(), 2u);
  EXPECT_EQ(pop(array), 0x2000u);
  EXPECT_TRUE(array.push(0x3000));
  EXPECT_EQ(pop(array), 0x3000u);
  EXPECT_EQ(pop(array), 0x1000u);
  EXPECT_EQ(pop(array), 0u);
}

TYPED_TEST(ThreadsTest, FullArrayTakesNoMore) {
  const ThreadBlock thread = this->take();
  for (const ClassFacts& facts : SizeClasses<TypeParam>::kFacts) {
    BlockArray array = this->array(thread, facts);
    array.set_capacity(facts.slots);
    for (unsigned i = 0; i < facts.slots; ++i) ASSERT_TRUE(array.push(16 * (i + 1)));
    EXPECT_FALSE(array.push(0xdead0));
    EXPECT_EQ(array.count(), facts.slots);
    for (unsigned i = facts.slots; i > 0; --i) ASSERT_EQ(pop(array), 16 * i);
  }
}

TYPED_TEST(ThreadsTest, FilledArraysDoNotRunIntoEachOtherNorIntoAttachedPools) {
  using Classes = SizeClasses<TypeParam>;
  const ThreadBlock thread = this->take();
  for (std::size_t i = 0; i < Classes::kCount; ++i) {
    BlockArray array = this->array(thread, Classes::kFacts[i]);
    array.set_capacity(Classes::kFacts[i].slots);
    for (unsigned j = 0; j < Classes::kFacts[i].slots; ++j)
      ASSERT_TRUE(array.push(1000 * i + j + 1));
  }
  for (std::size_t i = 0; i < Classes::kCount; ++i) {
    BlockArray array = this->array(thread, Classes::kFacts[i]);
    for (unsigned j = Classes::kFacts[i].slots; j > 0; --j) ASSERT_EQ(pop(array), 1000 * i + j);
    EXPECT_EQ(attached_pool(thread, ThreadLayout<TypeParam>::kAttachedOffset,
                            SizeClass{static_cast<std::uint8_t>(i)}),
              kNone);
  }
  EXPECT_EQ(thread_header(thread).state, ThreadState::live);
}

TYPED_TEST(ThreadsTest, ArrayKnowsWhereBlocksOfItsClassBegin) {
  using Classes = SizeClasses<TypeParam>;
  const ThreadBlock thread = this->take();
  for (const ClassFacts& facts : Classes::kFacts) {
    BlockArray array = this->array(thread, facts);
    array.set_reciprocal(facts.reciprocal);
    for (std::uint32_t offset = 0; offset < TypeParam::kPoolBytes; offset += 4)
      ASSERT_EQ(array.begins_block(offset), offset % facts.block_bytes == 0)
          << offset << " in blocks of " << facts.block_bytes;
  }
}

TYPED_TEST(ThreadsTest, ArrayOfClassByteZeroHoldsNothingAndNoBlockBeginsThere) {
  for (const ThreadState state : {ThreadState::live, ThreadState::diverted}) {
    BlockArray none(this->take(state), 0);
    EXPECT_EQ(none.capacity(), 0u);
    EXPECT_FALSE(none.push(0x1000));
    EXPECT_EQ(pop(none), 0u);
    for (std::uint32_t offset = 0; offset < TypeParam::kPoolBytes; offset += 16)
      ASSERT_FALSE(none.begins_block(offset));
  }
}

TYPED_TEST(ThreadsTest, DivertedThreadsArraysHaveCapacityZero) {
  const ThreadBlock thread = this->take(ThreadState::diverted);
  for (const ClassFacts& facts : SizeClasses<TypeParam>::kFacts) {
    BlockArray array = this->array(thread, facts);
    EXPECT_EQ(array.capacity(), 0u);
    EXPECT_FALSE(array.push(0x1000));
    EXPECT_FALSE(array.begins_block(facts.block_bytes)) << "every free goes the slow path";
  }
}

// ---- the table ----

TYPED_TEST(ThreadsTest, BlocksLieApartInTheTableAndAreNumbered) {
  const HeapRoot<Native>& root = this->range.root;
  const std::size_t stride = root.thread_bytes;
  EXPECT_GE(stride, SizeClasses<TypeParam>::kLines * kLineBytes);
  for (std::uint32_t i = 0; i < root.max_threads; ++i) {
    const ThreadBlock thread = this->take();
    ASSERT_EQ(thread, root.threads.address + i * stride);
    ASSERT_LE(thread + stride, root.threads.address + root.threads.committed);
    EXPECT_EQ(thread_header(thread).index, i);
    EXPECT_EQ(thread_header(thread).system_thread, 77u);
  }
}

TYPED_TEST(ThreadsTest, OneMoreThanTheTableHoldsGetsNoneUntilOneIsGivenBack) {
  std::vector<ThreadBlock> all;
  for (std::uint32_t i = 0; i < this->range.root.max_threads; ++i) all.push_back(this->take());
  EXPECT_EQ(std::set<ThreadBlock>(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(this->take(), 0u);
  this->registry.give(all[1]);
  EXPECT_EQ(this->take(), all[1]);
  EXPECT_EQ(this->take(), 0u);
}

TYPED_TEST(ThreadsTest, GivenBackBlockIsFreshForTheNext) {
  const ThreadBlock thread = this->take();
  BlockArray array = this->array(thread, SizeClasses<TypeParam>::kFacts[0]);
  array.set_capacity(1);
  ASSERT_TRUE(array.push(0x1000));
  ASSERT_EQ(pop(array), 0x1000u);
  this->registry.give(thread);
  EXPECT_EQ(this->registry.state_of(0), ThreadState::unused);
  ASSERT_EQ(this->take(), thread);
  EXPECT_EQ(this->registry.state_of(0), ThreadState::live);
  EXPECT_EQ(array.count(), 0u);
  EXPECT_EQ(array.capacity(), 0u);
}

TYPED_TEST(ThreadsTest, RefusedCommitGivesNoneAndCanBeRepeated) {
  this->range.refuse(1);
  EXPECT_EQ(this->take(), 0u);
  EXPECT_EQ(this->range.root.threads_used, 0u);
  EXPECT_EQ(this->range.root.thread_lock, 0u);
  EXPECT_EQ(this->take(), this->range.root.threads.address);
}

}  // namespace
}  // namespace arenite
