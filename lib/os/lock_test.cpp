// SPDX-License-Identifier: MIT
#include "os/lock.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

TEST(LockTest, WordSaysWhetherItIsHeld) {
  LockWord word{0};
  lock(word);
  EXPECT_EQ(word, 1u);
  unlock(word);
  EXPECT_EQ(word, 0u);
  {
    LockGuard guard(word);
    EXPECT_EQ(word, 1u);
  }
  EXPECT_EQ(word, 0u);
}

TEST(LockTest, SectionsOfSeveralThreadsDoNotOverlap) {
  constexpr int kThreads = 4, kRounds = 20000;
  LockWord word{0};
  long counter = 0;  // plain: the lock is what orders its users
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        LockGuard guard(word);
        ++counter;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, long{kThreads} * kRounds);
  EXPECT_EQ(word, 0u);
}

TEST(LockTest, SleepingThreadsAreAllWoken) {
  constexpr int kThreads = 3;
  LockWord word{0};
  std::atomic<int> through{0};
  lock(word);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      LockGuard guard(word);
      ++through;
    });
  while (word != 2) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(through, 0) << "nobody passes a held lock";
  EXPECT_EQ(word, 2u) << "held, with waiters";
  unlock(word);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(through, kThreads);
  EXPECT_EQ(word, 0u);
}

TEST(LockTest, WaitingLeavesErrnoAlone) {
  LockWord word{0};
  int seen = 0;
  lock(word);
  std::thread waiter([&] {
    errno = 0xe44;
    LockGuard guard(word);
    seen = errno;
  });
  while (word != 2) std::this_thread::yield();
  errno = 0xe45;
  unlock(word);
  EXPECT_EQ(errno, 0xe45);
  waiter.join();
  EXPECT_EQ(seen, 0xe44);
}

TEST(LockTest, ResetFreesALockThatNobodyWillUnlock) {
  LockWord word{0};
  lock(word);
  reset(word);
  lock(word);  // hangs if it is still held
  EXPECT_EQ(word, 1u);
  unlock(word);
}

}  // namespace
}  // namespace arenite
