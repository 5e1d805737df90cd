// SPDX-License-Identifier: MIT
// fork while other threads are at work in the heap, by the protocol the front-end follows.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

using SystemHeap = Heap<HeapConfig<Production, LinuxPages>>;

/// What a child does with the heap it was left with; 0 if all is well.
int work_in_child(SystemHeap& heap, ThreadBlock own, void* inherited) {
  if (!stamped(inherited, 100, 77)) return 1;
  heap.free(own, inherited);
  std::vector<void*> blocks;
  for (unsigned i = 0; i < 400; ++i) {
    const std::size_t size = 16 + i * 13 % 3000;
    void* block = heap.allocate(own, size);
    if (block == nullptr) return 2;
    stamp(block, size, i);
    blocks.push_back(block);
  }
  void* span = heap.allocate(own, 300000);
  if (span == nullptr) return 3;
  for (unsigned i = 0; i < 400; ++i) {
    if (!stamped(blocks[i], 16 + i * 13 % 3000, i)) return 4;
    heap.free(own, blocks[i]);
  }
  heap.free(own, span);
  const ThreadBlock another = heap.attach(5);
  if (another == 0) return 5;
  void* block = heap.allocate(another, 64);
  heap.free(own, block);
  heap.detach(another);
  heap.trim(own);
  if (arena_findings<Production>(heap.root()) != "") return 6;
  // Whoever was left behind has been adopted.
  for (std::uint32_t i = 0; i < heap.root().threads_used; ++i) {
    const ThreadBlock thread = heap.root().threads.address + i * heap.root().thread_bytes;
    if (thread != own && thread_header(thread).state != ThreadState::unused) return 7;
  }
  return 0;
}

/// Waits for a child, at most ten seconds; its exit code, or a negative number if it hung or died.
int wait_for(pid_t child) {
  for (int tenth_ms = 0; tenth_ms < 100000; ++tenth_ms) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    ::usleep(100);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return -1000;
}

TEST(HeapForkTest, WaitingTellsExitFromDeath) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(9);
  EXPECT_EQ(wait_for(child), 9);
  child = ::fork();
  if (child == 0) {
    ::signal(SIGTERM, SIG_DFL);
    ::raise(SIGTERM);
  }
  EXPECT_EQ(wait_for(child), -SIGTERM);
}

TEST(HeapForkTest, ChildHasAWorkingHeapWhateverTheOtherThreadsWereDoing) {
  SystemHeap heap{LinuxPages()};
  ASSERT_TRUE(heap.open(std::size_t{256} << 20));
  const ThreadBlock own = heap.attach(1);
  std::atomic<bool> stop{false};
  std::atomic<unsigned> turns{0};
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < 3; ++number)
    threads.emplace_back([&, number] {
      while (!stop) {
        const ThreadBlock thread = heap.attach(10 + number);
        for (unsigned turn = 0; turn < 20; ++turn) {
          void* blocks[200];
          for (unsigned i = 0; i < 200; ++i) {
            blocks[i] = heap.allocate(thread, 16 + (i * 17 + number) % (i % 50 == 0 ? 90000 : 600));
            *static_cast<char*>(blocks[i]) = 1;
          }
          for (void* block : blocks) heap.free(thread, block);
          ++turns;
        }
        heap.detach(thread);
      }
    });

  const unsigned before = turns;
  for (int i = 0; i < 200; ++i) {
    void* inherited = heap.allocate(own, 100);
    stamp(inherited, 100, 77);
    heap.lock_all();
    const pid_t child = ::fork();
    if (child == 0) {
      heap.after_fork_in_child(own);
      ::_exit(work_in_child(heap, own, inherited));
    }
    heap.unlock_all();
    ASSERT_GT(child, 0);
    heap.free(own, inherited);
    const int outcome = wait_for(child);
    EXPECT_EQ(outcome, 0) << "fork " << i;
    if (outcome != 0) break;
  }
  EXPECT_GT(turns, before) << "the others went on meanwhile";
  stop = true;
  for (std::thread& thread : threads) thread.join();
  heap.detach(own);
  EXPECT_EQ(heap.root().used_pools, 0u);
  heap.close();
}

template <class Setup>
class HeapForkLocksTest : public HeapFixture<Setup> {};
TYPED_TEST_SUITE(HeapForkLocksTest, HeapSetups);

TYPED_TEST(HeapForkLocksTest, LocksAreAllHeldAndAllFreeAgain) {
  const auto& root = this->heap.root();
  this->heap.lock_all();
  EXPECT_EQ(root.range_lock, 1u);
  EXPECT_EQ(root.thread_lock, 1u);
  for (const auto& list : root.lists) EXPECT_EQ(list.lock, 1u);
  this->heap.unlock_all();
  EXPECT_EQ(root.range_lock, 0u);
  EXPECT_EQ(root.thread_lock, 0u);
  for (const auto& list : root.lists) EXPECT_EQ(list.lock, 0u);
}

TYPED_TEST(HeapForkLocksTest, ThreadsLeftBehindAreAdoptedButForOnesOwn) {
  const ThreadBlock left = this->heap.attach(2);
  void* live = this->heap.allocate(left, 16);
  stamp(live, 16, 3);
  void* mine = this->allocate(16);
  this->heap.lock_all();
  this->heap.after_fork_in_child(this->thread);
  EXPECT_EQ(thread_header(left).state, ThreadState::unused);
  EXPECT_EQ(thread_header(this->thread).state, TypeParam::kState);
  EXPECT_TRUE(stamped(live, 16, 3));
  this->free(live);
  this->free(mine);
  this->expect_all_free();
}

}  // namespace
}  // namespace arenite
