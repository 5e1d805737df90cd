// SPDX-License-Identifier: MIT
// The C++ interface: allocator, memory resources, heaps as objects.
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <arenite/allocator.hpp>
#include <arenite/arenite.h>
#include <arenite/heap.hpp>
#include <arenite/memory_resource.hpp>

namespace {

struct alignas(1024) Aligned {
  char bytes[1024];
};

bool is_aligned(const void* at, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(at) % alignment == 0;
}

TEST(AllocatorTest, ServesContainers) {
  std::vector<int, arenite::allocator<int>> numbers;
  std::list<std::string, arenite::allocator<std::string>> texts;
  std::map<int, int, std::less<>, arenite::allocator<std::pair<const int, int>>> squares;
  for (int i = 0; i < 10'000; ++i) {
    numbers.push_back(i);
    squares.emplace(i, i * i);
    if (i % 10 == 0) texts.emplace_back(static_cast<std::size_t>(i), 'x');
  }
  EXPECT_TRUE(arn_owns(numbers.data()));
  EXPECT_EQ(numbers[9999], 9999);
  EXPECT_EQ(squares.at(99), 9801);
  EXPECT_EQ(texts.back().size(), 9990u);
}

TEST(AllocatorTest, HonoursAlignment) {
  std::vector<Aligned, arenite::allocator<Aligned>> blocks(3);
  EXPECT_TRUE(is_aligned(blocks.data(), 1024));
  EXPECT_TRUE(arn_owns(blocks.data()));
}

TEST(AllocatorTest, AllAreEqualAndConvert) {
  const arenite::allocator<int> of_int;
  const arenite::allocator<std::string> of_string(of_int);
  EXPECT_TRUE(of_int == of_string);
  EXPECT_FALSE(of_int != of_string);
  static_assert(std::allocator_traits<arenite::allocator<int>>::is_always_equal::value);
  // Shared among copies and other threads' objects: a block of one goes back through another.
  int* block = arenite::allocator<int>().allocate(10);
  arenite::allocator<int>(of_string).deallocate(block, 10);
}

TEST(AllocatorTest, SaysWhyItCannot) {
  arenite::allocator<Aligned> allocator;
  EXPECT_THROW(static_cast<void>(allocator.allocate(SIZE_MAX / 1024 + 1)),
               std::bad_array_new_length);
  EXPECT_THROW(static_cast<void>(allocator.allocate(SIZE_MAX / 1024)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(arenite::allocator<char>().allocate(SIZE_MAX)), std::bad_alloc);
}

TEST(MemoryResourceTest, ServesPolymorphicContainers) {
  std::pmr::unordered_map<int, std::pmr::string> texts(arenite::default_resource());
  for (int i = 0; i < 1000; ++i) texts[i].assign(static_cast<std::size_t>(i), 'x');
  EXPECT_EQ(texts[999].size(), 999u);
  EXPECT_TRUE(arn_owns(texts[999].data()));
}

TEST(MemoryResourceTest, AlignmentEqualityAndFailure) {
  arenite::memory_resource one, two;
  EXPECT_TRUE(one.is_equal(two));
  EXPECT_TRUE(one == *arenite::default_resource());
  EXPECT_FALSE(one.is_equal(*std::pmr::new_delete_resource()));
  for (std::size_t alignment = 1; alignment <= 1 << 20; alignment *= 2) {
    void* block = one.allocate(100, alignment);
    EXPECT_TRUE(is_aligned(block, alignment));
    two.deallocate(block, 100, alignment);
  }
  EXPECT_THROW(static_cast<void>(one.allocate(SIZE_MAX / 2)), std::bad_alloc);
}

TEST(HeapTest, ServesAndIsSeparate) {
  arenite::heap heap(64 << 20), other(64 << 20);
  void* block = heap.allocate(100);
  void* aligned = heap.allocate(100, 4096);
  EXPECT_TRUE(heap.owns(block));
  EXPECT_TRUE(is_aligned(aligned, 4096));
  EXPECT_FALSE(other.owns(block));
  EXPECT_FALSE(arn_owns(block));
  EXPECT_EQ(heap.audit(), 0u);
  heap.deallocate(block);
  heap.deallocate(nullptr);
  EXPECT_EQ(heap.audit(2), 0u);
}

TEST(HeapTest, Moves) {
  arenite::heap heap(64 << 20);
  void* block = heap.allocate(100);
  arenite::heap moved = std::move(heap);
  EXPECT_TRUE(moved.owns(block));
  moved = arenite::heap(64 << 20);
  EXPECT_FALSE(moved.owns(block));
}

TEST(HeapTest, ThrowsWhenThereIsNoMore) {
  EXPECT_THROW(arenite::heap(std::size_t{1} << 60), std::bad_alloc);
  arenite::heap heap(16 << 20);
  EXPECT_THROW(static_cast<void>(heap.allocate(SIZE_MAX)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(heap.allocate(32 << 20)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(heap.allocate(100, 3)), std::bad_alloc);
  EXPECT_NE(heap.allocate(1 << 20), nullptr);
}

TEST(HeapTest, ResourceServesContainersThatAreDroppedWhole) {
  arenite::heap heap(256 << 20);
  arenite::heap_resource resource(heap);
  auto* texts = new std::pmr::vector<std::pmr::string>(&resource);
  for (std::size_t i = 0; i < 10'000; ++i) texts->emplace_back(i % 500, 'x');
  EXPECT_TRUE(heap.owns(texts->data()));
  EXPECT_TRUE(heap.owns((*texts)[400].data()));
  // Never destroyed: its memory goes with the heap.
  ::operator delete(texts);
  EXPECT_TRUE(resource.is_equal(arenite::heap_resource(heap)));
  arenite::heap other(16 << 20);
  EXPECT_FALSE(resource.is_equal(arenite::heap_resource(other)));
  EXPECT_FALSE(resource.is_equal(*arenite::default_resource()));
}

}  // namespace
