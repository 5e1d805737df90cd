// SPDX-License-Identifier: MIT
// The first request of a thread, which attaches it, and its end leave errno alone too.
#include <malloc.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <thread>

#include <gtest/gtest.h>

namespace {

using Sizes = std::initializer_list<std::size_t>;

constexpr int kUntouched = 12345;

TEST(ErrnoTest, FirstRequestOfAThreadLeavesIt) {
  for (std::size_t size : Sizes{10, 5000, 1 << 20}) {
    std::thread([size] {
      errno = kUntouched;
      void* block = malloc(size);
      EXPECT_EQ(errno, kUntouched);
      free(block);
      EXPECT_EQ(errno, kUntouched);
    }).join();
  }
}

TEST(ErrnoTest, FirstFreeOfAThreadLeavesIt) {
  for (std::size_t size : Sizes{10, 5000, 1 << 20}) {
    void* block = malloc(size);
    std::thread([block] {
      errno = kUntouched;
      free(block);
      EXPECT_EQ(errno, kUntouched);
    }).join();
  }
}

TEST(ErrnoTest, GivingPagesBackLeavesIt) {
  constexpr int kSpans = 64;
  void* spans[kSpans];
  for (void*& span : spans) span = std::memset(malloc(4 << 20), 1, 4 << 20);
  errno = kUntouched;
  for (void* span : spans) free(span);
  malloc_trim(0);
  EXPECT_EQ(errno, kUntouched);
}

}  // namespace
