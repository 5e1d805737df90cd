// SPDX-License-Identifier: MIT
// Memory that cannot be had: each request for pages refused in turn, and a process at its limit.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

template <class Setup>
class HeapOomTest : public testing::Test {
 protected:
  using G = typename Setup::Layout;

  /// A program that uses every way to get memory. With `length` of its requests for pages refused
  /// from the n-th on, every call gives null or what it owes. Returns how often null was given.
  static unsigned run(std::uint64_t n, std::uint64_t length, bool& needed_more) {
    FakeHeap<G> fake;
    fake.plan.first = fake.plan.asked + n;
    fake.plan.length = length;
    const std::uint64_t last = fake.plan.first;
    auto& heap = fake.heap;
    ThreadBlock thread = heap.attach(1, Setup::kState);
    if (thread == 0) {
      fake.plan.first = 0;
      thread = heap.attach(1, Setup::kState);
    }
    EXPECT_NE(thread, 0u);

    struct Live {
      void* block;
      std::size_t bytes;
    };
    std::vector<Live> live;
    unsigned nulls = 0;
    const auto check_all = [&] {
      for (unsigned i = 0; i < live.size(); ++i)
        EXPECT_TRUE(stamped(live[i].block, live[i].bytes, i)) << "block " << i;
    };
    const auto keep = [&](void* block, std::size_t bytes) {
      if (block == nullptr) {
        ++nulls;
        EXPECT_GE(fake.plan.asked, last) << "null although nothing was refused";
        return;
      }
      stamp(block, bytes, static_cast<unsigned>(live.size()));
      live.push_back({block, bytes});
    };
    const std::size_t small = SizeClasses<G>::kSmallLimit, pool = G::kPoolBytes;
    for (unsigned round = 0; round < 6; ++round) {
      for (unsigned i = 0; i < 12; ++i) {
        const std::size_t size = 1 + i * small / 12;
        keep(heap.allocate(thread, size), size);
      }
      void* zeroed = heap.allocate_zeroed(thread, 3 * pool);
      EXPECT_TRUE(zeroed == nullptr || all_zero(zeroed, 3 * pool));
      keep(zeroed, 3 * pool);
      keep(heap.allocate_aligned(thread, 4 * pool, pool), pool);
      keep(heap.allocate(thread, 20 * pool), 20 * pool);
      for (unsigned i = 0; i < live.size(); i += 5) {
        const std::size_t bytes = live[i].bytes * 2;
        if (void* moved = heap.reallocate(thread, live[i].block, bytes)) {
          EXPECT_TRUE(stamped(moved, live[i].bytes, i));
          stamp(moved, bytes, i);
          live[i] = {moved, bytes};
        } else {
          ++nulls;
        }
      }
      check_all();
      while (live.size() > 10) {
        heap.free(thread, live.back().block);
        live.pop_back();
      }
      if (round == 3) heap.trim(thread);
      EXPECT_EQ(arena_findings<G>(heap.root()), "");
    }
    needed_more = fake.plan.asked >= n && (fake.plan.first == 0 || fake.plan.asked >= last);

    fake.plan.first = 0;
    void* later = heap.allocate(thread, 5 * pool);
    EXPECT_NE(later, nullptr) << "memory can be had again";
    check_all();
    for (const Live& one : live) heap.free(thread, one.block);
    if (later != nullptr) heap.free(thread, later);
    heap.hand_back_all(thread);
    EXPECT_EQ(heap.root().used_pools, 0u);
    EXPECT_EQ(arena_findings<G>(heap.root()), "");
    return nulls;
  }
};
TYPED_TEST_SUITE(HeapOomTest, HeapSetups);

TYPED_TEST(HeapOomTest, EachSingleRefusalIsSurvived) {
  bool needed_more = true;
  unsigned nulls = 0;
  std::uint64_t n = 1;
  for (; needed_more && n < 500; ++n) {
    nulls += this->run(n, 1, needed_more);
    if (this->HasFailure()) FAIL() << "with request " << n << " refused";
  }
  EXPECT_FALSE(needed_more);
  EXPECT_GT(n, 5u);
  EXPECT_GT(nulls, 0u);
}

TYPED_TEST(HeapOomTest, EveryRefusalFromTheNthOnIsSurvived) {
  bool needed_more = true;
  unsigned nulls = 0;
  for (std::uint64_t n = 1; needed_more && n < 500; ++n) {
    nulls += this->run(n, ~std::uint64_t{0}, needed_more);
    if (this->HasFailure()) FAIL() << "with requests from " << n << " on refused";
  }
  EXPECT_FALSE(needed_more);
  EXPECT_GT(nulls, 0u);
}

TYPED_TEST(HeapOomTest, NothingIsRefusedWithoutAPlan) {
  bool needed_more = true;
  EXPECT_EQ(this->run(~std::uint64_t{0} / 2, 1, needed_more), 0u);
  EXPECT_FALSE(needed_more);
}

TYPED_TEST(HeapOomTest, OpenWithoutAReservationFailsAndMayBeRepeated) {
  using Layout = typename TypeParam::Layout;
  FakeMemory memory(Layout::kPageBytes);
  FaultPlan plan{.first = 1, .length = 1000};
  Heap<HeapConfig<Layout, FaultyPages<FakePages>>> heap{
      FaultyPages<FakePages>(FakePages(memory), plan)};
  EXPECT_FALSE(heap.open(4 * kArenaBytes<Layout>));
  EXPECT_FALSE(heap.owns(&heap));
  EXPECT_FALSE(heap.owns(nullptr));
  plan.first = 0;
  ASSERT_TRUE(heap.open(4 * kArenaBytes<Layout>));
  EXPECT_NE(heap.allocate(heap.attach(1), 10), nullptr);
  heap.close();
}

TYPED_TEST(HeapOomTest, OpenWithoutItsFirstTableGivesTheReservationBack) {
  using Layout = typename TypeParam::Layout;
  FakeMemory memory(Layout::kPageBytes);
  FaultPlan plan{.first = 2, .length = 1};
  Heap<HeapConfig<Layout, FaultyPages<FakePages>>> heap{
      FaultyPages<FakePages>(FakePages(memory), plan)};
  // Half the range or nothing; fake memory makes a second reservation beside a lost one fatal.
  if (heap.open(4 * kArenaBytes<Layout>)) {
    EXPECT_LT(heap.root().range.bytes, 4 * kArenaBytes<Layout>);
    heap.close();
  }
  ASSERT_TRUE(heap.open(4 * kArenaBytes<Layout>));
  heap.close();
}

// ---- a process at its limit ----

int live_at_the_limit() {
  const std::size_t limit = std::size_t{300} << 20;
  const struct rlimit address_space{limit, limit};
  if (::setrlimit(RLIMIT_AS, &address_space) != 0) return 1;
  Heap<HeapConfig<Production, LinuxPages>> heap{LinuxPages()};
  if (!heap.open()) return 2;
  if (heap.root().reservation_bytes > limit / 2) return 3;
  const ThreadBlock thread = heap.attach(1);
  if (thread == 0) return 4;
  std::vector<void*> blocks;
  blocks.reserve(100000);
  for (const std::size_t size : {std::size_t{5} << 20, std::size_t{20000}, std::size_t{64}})
    while (void* block = heap.allocate(thread, size)) {
      static_cast<char*>(block)[0] = 1;
      blocks.push_back(block);
      if (blocks.size() == blocks.capacity()) break;
    }
  if (blocks.size() < 100) return 5;
  if (heap.allocate(thread, 5 << 20) != nullptr) return 6;
  for (void* block : blocks) heap.free(thread, block);
  heap.hand_back_all(thread);
  if (heap.root().used_pools != 0) return 7;
  if (heap.allocate(thread, 5 << 20) == nullptr) return 8;
  return 0;
}

TEST(HeapLimitTest, ProcessWithAnAddressSpaceLimitGetsASmallerHeapThatWorks) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer needs the address space itself";
  const pid_t child = ::fork();
  if (child == 0) ::_exit(live_at_the_limit());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace arenite
