// SPDX-License-Identifier: MIT
// Heaps of one's own through the C interface: separate, exhausted, destroyed whole.
#include "frontend/c/own_heap.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <arenite/arenite.h>

namespace {

using Sizes = std::initializer_list<std::size_t>;

constexpr std::size_t kRange = 64 << 20;

std::size_t address_space_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages;
  return pages * 4096;
}

TEST(OwnHeapTest, SeveralAreSeparate) {
  constexpr std::size_t kHeaps = 10;
  arn_heap* heaps[kHeaps];
  std::vector<unsigned char*> blocks[kHeaps];
  for (arn_heap*& heap : heaps) ASSERT_NE(heap = arn_heap_create(kRange), nullptr);
  for (std::size_t i = 0; i < 3000; ++i)
    for (std::size_t h = 0; h < kHeaps; ++h) {
      blocks[h].push_back(static_cast<unsigned char*>(arn_heap_malloc(heaps[h], i)));
      ASSERT_NE(blocks[h].back(), nullptr);
      std::memset(blocks[h].back(), static_cast<int>(h), i);
    }
  for (std::size_t h = 0; h < kHeaps; ++h) {
    for (std::size_t i = 0; i < 3000; ++i) {
      EXPECT_TRUE(i == 0 || (blocks[h][i][0] == h && blocks[h][i][i - 1] == h));
      EXPECT_FALSE(arn_owns(blocks[h][i]));
      for (std::size_t other = 0; other < kHeaps; ++other)
        EXPECT_EQ(arn_heap_owns(heaps[other], blocks[h][i]), other == h);
    }
    EXPECT_EQ(arn_heap_audit(heaps[h], STDERR_FILENO), 0u);
    // Some are freed before, some go with the heap.
    for (std::size_t i = 0; i < 3000; i += 2) arn_heap_free(heaps[h], blocks[h][i]);
    EXPECT_EQ(arn_heap_audit(heaps[h], STDERR_FILENO), 0u);
  }
  for (arn_heap* heap : heaps) arn_heap_destroy(heap);
  EXPECT_EQ(arn_audit(STDERR_FILENO), 0u);
}

TEST(OwnHeapTest, GoesWithAllItsBlocks) {
  arn_heap_destroy(arn_heap_create(kRange));
  const std::size_t before = address_space_bytes();
  for (int i = 0; i < 200; ++i) {
    arn_heap* heap = arn_heap_create(kRange);
    ASSERT_NE(heap, nullptr) << i;
    for (int k = 0; k < 1000; ++k) ASSERT_NE(arn_heap_malloc(heap, 5000), nullptr);
    arn_heap_destroy(heap);
  }
  EXPECT_LE(address_space_bytes(), before + (8 << 20));
  arn_heap_destroy(nullptr);
}

TEST(OwnHeapTest, ExhaustedServesAgainAfterFrees) {
  arn_heap* heap = arn_heap_create(kRange);
  arn_heap* other = arn_heap_create(kRange);
  for (std::size_t size : Sizes{100, 5000, 32768, 100'000, 10 << 20}) {
    std::vector<void*> blocks;
    errno = 0;
    while (void* block = arn_heap_malloc(heap, size)) blocks.push_back(block);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_GT(blocks.size() * size, kRange / 2) << size;
    errno = 0;
    EXPECT_EQ(arn_heap_aligned_alloc(heap, 65536, size), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    errno = 0;
    EXPECT_EQ(arn_heap_realloc(heap, blocks[0], kRange), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(arn_heap_audit(heap, STDERR_FILENO), 0u);
    void* elsewhere = arn_heap_malloc(other, size);
    EXPECT_NE(elsewhere, nullptr);
    arn_heap_free(other, elsewhere);
    for (void* block : blocks) arn_heap_free(heap, block);
    void* again = arn_heap_malloc(heap, size);
    EXPECT_NE(again, nullptr);
    arn_heap_free(heap, again);
  }
  arn_heap_destroy(heap);
  arn_heap_destroy(other);
}

TEST(OwnHeapTest, ReallocKeepsContents) {
  arn_heap* heap = arn_heap_create(0);
  ASSERT_NE(heap, nullptr);
  unsigned char* block = nullptr;
  std::size_t had = 0;
  for (std::size_t size = 1; size < 20'000'000; size = size * 3 + 1) {
    block = static_cast<unsigned char*>(arn_heap_realloc(heap, block, size));
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(arn_heap_owns(heap, block));
    for (std::size_t i = 0; i < had; i += 1 + i / 100) EXPECT_EQ(block[i], i % 251);
    for (std::size_t i = 0; i < size; ++i) block[i] = static_cast<unsigned char>(i % 251);
    had = size;
  }
  block = static_cast<unsigned char*>(arn_heap_realloc(heap, block, 10));
  EXPECT_EQ(block[9], 9);
  arn_heap_free(heap, block);
  arn_heap_free(heap, nullptr);
  arn_heap_destroy(heap);
}

TEST(OwnHeapTest, BadArguments) {
  arn_heap* heap = arn_heap_create(kRange);
  for (std::size_t alignment : Sizes{std::size_t{0}, std::size_t{3}, std::size_t{24}, SIZE_MAX}) {
    errno = 0;
    EXPECT_EQ(arn_heap_aligned_alloc(heap, alignment, 100), nullptr);
    EXPECT_EQ(errno, EINVAL);
  }
  for (std::size_t size : Sizes{SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2, kRange + 1}) {
    errno = 0;
    EXPECT_EQ(arn_heap_malloc(heap, size), nullptr);
    EXPECT_EQ(errno, ENOMEM);
    errno = 0;
    EXPECT_EQ(arn_heap_aligned_alloc(heap, 64, size), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }
  arn_heap_destroy(heap);
  for (std::size_t range : Sizes{SIZE_MAX, SIZE_MAX / 2, std::size_t{1} << 50}) {
    errno = 0;
    EXPECT_EQ(arn_heap_create(range), nullptr);
    EXPECT_EQ(errno, ENOMEM);
  }
}

TEST(OwnHeapTest, FindingsOfAnAuditAreLines) {
  arn_heap* heap = arn_heap_create(kRange);
  ASSERT_NE(heap, nullptr);
  // A sum that is wrong.
  ++heap->heap.root().dirty_pools;
  const int file = ::memfd_create("findings", 0), full = ::open("/dev/full", O_WRONLY);
  errno = EDOM;
  EXPECT_EQ(arn_heap_audit(heap, file), 1u);
  EXPECT_EQ(errno, EDOM);
  char text[400] = "";
  const ssize_t bytes = ::pread(file, text, sizeof text - 1, 0);
  EXPECT_TRUE(std::string_view(text).starts_with("arenite: S1 root at 0x")) << text;
  EXPECT_EQ(std::string_view(text).find('\n') + 1, static_cast<std::size_t>(bytes)) << text;
  EXPECT_EQ(arn_heap_audit(heap, -1), 1u);
  EXPECT_EQ(arn_heap_audit(heap, full), 1u) << "what cannot be written is counted";
  --heap->heap.root().dirty_pools;
  EXPECT_EQ(arn_heap_audit(heap, file), 0u);
  EXPECT_EQ(::lseek(file, 0, SEEK_END), bytes);
  ::close(file);
  ::close(full);
  arn_heap_destroy(heap);
}

TEST(OwnHeapTest, ThreadsShareOne) {
  arn_heap* heap = arn_heap_create(0);
  std::vector<std::thread> threads;
  std::atomic<void*> passed{nullptr};
  for (unsigned seed = 0; seed < 4; ++seed)
    threads.emplace_back([heap, seed, &passed] {
      std::minstd_rand random(seed + 1);
      for (int i = 0; i < 20'000; ++i) {
        const std::size_t size = random() % 3000;
        void* block = std::memset(arn_heap_malloc(heap, size), 1, size);
        arn_heap_free(heap, passed.exchange(block));
      }
    });
  for (std::thread& thread : threads) thread.join();
  arn_heap_free(heap, passed);
  EXPECT_EQ(arn_heap_audit(heap, STDERR_FILENO), 0u);
  arn_heap_destroy(heap);
}

/// A child has its own copy of each heap, whatever other threads were doing with it.
TEST(OwnHeapTest, UsableInAForkedChild) {
  arn_heap* heap = arn_heap_create(0);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([heap, &stop] {
      while (!stop.load(std::memory_order_relaxed))
        arn_heap_free(heap, arn_heap_malloc(heap, 100'000));
    });
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(10);
      arn_heap_free(heap, arn_heap_malloc(heap, 100));
      arn_heap_free(heap, arn_heap_malloc(heap, 100'000));
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  arn_heap_destroy(heap);
}

}  // namespace
