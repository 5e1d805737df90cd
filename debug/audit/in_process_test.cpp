// SPDX-License-Identifier: MIT
#include "debug/audit/in_process.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "heap/heap.hpp"
#include "os/linux_pages.hpp"

namespace {
/// What happens between two looks of an audit.
std::function<void()> between_looks;
}  // namespace

// In the place of the C library's, which the audit calls between its looks.
extern "C" [[gnu::visibility("default")]] int nanosleep(const timespec* wanted, timespec* rest) {
  if (between_looks) between_looks();
  const int error = ::clock_nanosleep(CLOCK_MONOTONIC, 0, wanted, rest);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

namespace arenite {
namespace {

template <class G>
class InProcessTest : public ::testing::Test {
 public:
  void SetUp() override { ASSERT_TRUE(heap_.open(std::size_t{64} << 20)); }
  void TearDown() override { heap_.close(); }

  std::uint64_t audit() {
    ids_.clear();
    return audit_in_process(
        &heap_.root(),
        [](void* ids, const Finding& finding) {
          static_cast<std::set<std::string>*>(ids)->insert(facts_of(finding.invariant).id);
        },
        &ids_);
  }

 protected:
  Heap<HeapConfig<G, LinuxPages>> heap_{LinuxPages{}};
  std::set<std::string> ids_;
};
using LinuxGeometries = ::testing::Types<Classic, Production>;
TYPED_TEST_SUITE(InProcessTest, LinuxGeometries);

TYPED_TEST(InProcessTest, sound) {
  const ThreadBlock thread = this->heap_.attach(0);
  EXPECT_EQ(this->audit(), 0u) << *this->ids_.begin();
  std::vector<void*> blocks;
  for (std::size_t size = 1; size < 200000; size += size / 8 + 1)
    blocks.push_back(this->heap_.allocate(thread, size));
  EXPECT_EQ(this->audit(), 0u) << *this->ids_.begin();
  for (void* block : blocks) this->heap_.free(thread, block);
  this->heap_.trim(thread);
  EXPECT_EQ(this->audit(), 0u) << *this->ids_.begin();
}

TYPED_TEST(InProcessTest, what_persists_is_told) {
  const ThreadBlock thread = this->heap_.attach(0);
  this->heap_.allocate(thread, 10);
  ++this->heap_.root().dirty_pools;
  EXPECT_EQ(this->audit(), 1u);
  EXPECT_EQ(this->ids_, std::set<std::string>{"S1"});
  --this->heap_.root().dirty_pools;
  EXPECT_EQ(this->audit(), 0u);
}

TYPED_TEST(InProcessTest, what_stood_in_one_look_but_not_in_the_one_before_is_not_told) {
  const ThreadBlock thread = this->heap_.attach(0);
  this->heap_.allocate(thread, 10);
  auto& root = this->heap_.root();
  ++root.dirty_pools;
  between_looks = [&, looks = 0]() mutable {
    ++looks % 2 == 1 ? --root.dirty_pools : ++root.dirty_pools;
    looks % 2 == 1 ? ++root.lists[1].length : --root.lists[1].length;
  };
  EXPECT_EQ(this->audit(), 0u) << *this->ids_.begin();
  between_looks = nullptr;
}

// What a preempted thread looks like: the range lock held, and a sum that is wrong until it goes
// on.
TYPED_TEST(InProcessTest, waits_for_a_thread_inside_an_operation) {
  auto& root = this->heap_.root();
  lock(root.range_lock);
  ++root.dirty_pools;
  std::thread holder([&root] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    --root.dirty_pools;
    unlock(root.range_lock);
  });
  EXPECT_EQ(this->audit(), 0u) << *this->ids_.begin();
  holder.join();
}

TYPED_TEST(InProcessTest, does_not_wait_for_ever) {
  auto& root = this->heap_.root();
  lock(root.range_lock);
  ++root.dirty_pools;
  EXPECT_EQ(this->audit(), 1u);
  EXPECT_EQ(this->ids_, std::set<std::string>{"S1"});
  --root.dirty_pools;
  unlock(root.range_lock);
}

TYPED_TEST(InProcessTest, guard_regions_and_committed_stretches_are_looked_up) {
  const ThreadBlock thread = this->heap_.attach(0);
  this->heap_.allocate(thread, 10);
  const auto& root = this->heap_.root();
  void* guard = reinterpret_cast<void*>(root.reservation);
  ASSERT_EQ(::mprotect(guard, 4096, PROT_READ), 0);
  EXPECT_EQ(this->audit(), 1u);
  EXPECT_EQ(this->ids_, std::set<std::string>{"A5"});
  ASSERT_EQ(::mprotect(guard, 4096, PROT_NONE), 0);
  void* last = reinterpret_cast<void*>(root.range.address + root.range.committed - 4096);
  ASSERT_EQ(::mprotect(last, 4096, PROT_NONE), 0);
  EXPECT_EQ(this->audit(), 1u);
  EXPECT_EQ(this->ids_, std::set<std::string>{"S2"});
  ASSERT_EQ(::mprotect(last, 4096, PROT_READ | PROT_WRITE), 0);
  EXPECT_EQ(this->audit(), 0u);
}

TYPED_TEST(InProcessTest, an_unreadable_table_is_told_and_not_touched) {
  const ThreadBlock thread = this->heap_.attach(0);
  this->heap_.allocate(thread, 10);
  void* table = reinterpret_cast<void*>(this->heap_.root().pools.address);
  ASSERT_EQ(::mprotect(table, 4096, PROT_NONE), 0);
  EXPECT_GE(this->audit(), 1u);
  EXPECT_EQ(this->ids_, std::set<std::string>{"S2"});
  ASSERT_EQ(::mprotect(table, 4096, PROT_READ | PROT_WRITE), 0);
}

TYPED_TEST(InProcessTest, while_others_allocate_and_free_each_others_blocks) {
  std::atomic<bool> stop{false};
  std::array<std::atomic<void*>, 512> shared{};
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    const ThreadBlock thread = this->heap_.attach(0);
    while (!stop.load(std::memory_order_relaxed)) {
      const std::size_t size = random() % 100 == 0 ? 100000 : random() % 500 + 1;
      void* block = this->heap_.allocate(thread, size);
      block = shared[random() % shared.size()].exchange(block, std::memory_order_acq_rel);
      this->heap_.free(thread, block);
    }
    this->heap_.detach(thread);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, i + 1);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t findings = this->audit();
    std::string ids;
    for (const std::string& id : this->ids_) ids += id + " ";
    EXPECT_EQ(findings, 0u) << ids;
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(this->audit(), 0u);
}

}  // namespace
}  // namespace arenite
