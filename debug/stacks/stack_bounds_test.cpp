// SPDX-License-Identifier: MIT
#include "debug/stacks/stack_bounds.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <thread>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr Address kPage = 4096;

Address here() {
  return reinterpret_cast<Address>(__builtin_frame_address(0));
}

/// Three pages, the one in the middle readable.
struct Pages {
  Pages() {
    begin = reinterpret_cast<Address>(
        ::mmap(nullptr, 3 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(reinterpret_cast<void*>(begin + kPage), kPage, PROT_READ);
  }
  ~Pages() { ::munmap(reinterpret_cast<void*>(begin), 3 * kPage); }
  Address begin;
};

TEST(StackBoundsTest, TheKernelSaysWhatCanBeRead) {
  const Pages pages;
  errno = 4711;
  EXPECT_TRUE(readable_page(here()));
  EXPECT_TRUE(readable_page(pages.begin + kPage));
  EXPECT_TRUE(readable_page(pages.begin + 2 * kPage - 8));
  EXPECT_FALSE(readable_page(pages.begin));
  EXPECT_FALSE(readable_page(pages.begin + 2 * kPage));
  EXPECT_FALSE(readable_page(0));
  EXPECT_FALSE(readable_page(~Address{7}));
  EXPECT_FALSE(readable_page(Address{1} << 63));
  EXPECT_EQ(errno, 4711);
}

void expect_own_stack_is_held() {
  StackBounds bounds;
  EXPECT_FALSE(bounds.holds(here())) << "not entered";
  bounds.enter(here(), false);
  EXPECT_TRUE(bounds.holds(here()));
  EXPECT_TRUE(bounds.holds(here() + 64));
  EXPECT_FALSE(bounds.holds(0));
  const Pages pages;
  EXPECT_FALSE(bounds.holds(pages.begin + kPage)) << "readable, but no part of the stack";
}

TEST(StackBoundsTest, OwnStackOfTheFirstThread) {
  expect_own_stack_is_held();
}

TEST(StackBoundsTest, OwnStackOfAThread) {
  std::thread(expect_own_stack_is_held).join();
}

[[gnu::noinline]] void deep_down(Address outer) {
  volatile char big[1 << 20];
  big[0] = 1;
  big[sizeof big - 1] = 1;
  StackBounds bounds;
  bounds.enter(here(), false);
  EXPECT_TRUE(bounds.holds(outer)) << "all of it up to the top";
  EXPECT_EQ(big[0], 1);
}

TEST(StackBoundsTest, AStackThatHasGrown) {
  deep_down(here() & ~Address{7});
  std::thread([] { deep_down(here() & ~Address{7}); }).join();
}

TEST(StackBoundsTest, AnotherStackIsHeldPageByPage) {
  const Pages pages;
  StackBounds bounds;
  bounds.enter(pages.begin + kPage + 64, false);
  EXPECT_TRUE(bounds.holds(pages.begin + kPage + 64));
  EXPECT_TRUE(bounds.holds(pages.begin + 2 * kPage - 8));
  EXPECT_FALSE(bounds.holds(pages.begin + 2 * kPage));
  EXPECT_FALSE(bounds.holds(pages.begin + kPage - 8));
  EXPECT_TRUE(bounds.holds(here() & ~Address{7})) << "wherever it goes on";
}

TEST(StackBoundsTest, MemoryOfAnotherStackMayGoAway) {
  const Pages pages;
  void* middle = reinterpret_cast<void*>(pages.begin + kPage);
  StackBounds before;
  before.enter(pages.begin + kPage, false);
  EXPECT_TRUE(before.holds(pages.begin + kPage));
  ::mprotect(middle, kPage, PROT_NONE);
  StackBounds after;
  after.enter(pages.begin + kPage, false);
  EXPECT_FALSE(after.holds(pages.begin + kPage));
}

TEST(StackBoundsTest, AGuardPageBelowOwnStackEndsIt) {
  // A stack pointer beyond the guard page: it and what is above the page are two stacks.
  std::thread([] {
    StackBounds own;
    own.enter(here(), true);
    const Address other = here() - (Address{12} << 20);
    StackBounds bounds;
    bounds.enter(other & ~Address{7}, false);
    EXPECT_EQ(bounds.holds(other & ~Address{7}), readable_page(other));
    own.enter(here(), true);
    EXPECT_TRUE(own.holds(here() & ~Address{7}));
  }).join();
}

}  // namespace
}  // namespace arenite
