// SPDX-License-Identifier: MIT
// States of threads: numbers that are never given twice, places that are, and the shared one for
// threads that have ended. Each test's threads are its own: a thread has one state in its life.
#include "debug/modes/debug_thread.hpp"

#include <algorithm>
#include <barrier>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

class DebugThreadTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(threads_.open()); }
  void end() {
    threads_.end_thread([](DebugThread&) {});
  }
  ThreadNumber act() {
    const ActingThread thread(threads_);
    return thread->number;
  }
  template <class Work>
  static void in_thread(Work work) {
    std::thread(work).join();
  }

  DebugThreads threads_;
};

TEST_F(DebugThreadTest, NumbersCountUp) {
  for (ThreadNumber expected = 0; expected < 5; ++expected)
    in_thread([&] {
      EXPECT_EQ(current_thread_number(), 0u);
      EXPECT_EQ(act(), expected);
      EXPECT_EQ(act(), expected);
      EXPECT_EQ(current_thread_number(), expected);
      end();
    });
}

TEST_F(DebugThreadTest, StateIsTheThreadsOwnAndFresh) {
  for (int i = 0; i < 3; ++i)
    in_thread([&] {
      ActingThread thread(threads_);
      EXPECT_EQ(thread->random, 0u);
      thread->random = 5;
      EXPECT_EQ(ActingThread(threads_)->random, 5u);
      EXPECT_EQ(&*ActingThread(threads_), &*thread);
      end();
    });
}

TEST_F(DebugThreadTest, PlacesAreUsedAgain) {
  std::vector<const DebugThread*> places;
  for (int i = 0; i < 4; ++i)
    in_thread([&] {
      places.push_back(&*ActingThread(threads_));
      end();
    });
  for (const DebugThread* place : places) EXPECT_EQ(place, places[0]);
}

TEST_F(DebugThreadTest, PlacesOfThreadsThatLiveAreNot) {
  in_thread([&] {
    const DebugThread* first = &*ActingThread(threads_);
    in_thread([&] {
      EXPECT_NE(&*ActingThread(threads_), first);
      end();
    });
    end();
  });
}

TEST_F(DebugThreadTest, LastGetsTheStateOnce) {
  in_thread([&] {
    DebugThread* own = &*ActingThread(threads_);
    int calls = 0;
    const auto last = [&](DebugThread& thread) {
      EXPECT_EQ(&thread, own);
      ++calls;
    };
    threads_.end_thread(last);
    threads_.end_thread(last);
    EXPECT_EQ(calls, 1);
  });
  in_thread([&] { threads_.end_thread([](DebugThread&) { ADD_FAILURE() << "had no state"; }); });
}

TEST_F(DebugThreadTest, WhoHasEndedSharesAndKeepsItsNumber) {
  in_thread([&] {
    act();
    end();
  });
  in_thread([&] {
    EXPECT_EQ(act(), 1u);
    const DebugThread* own = &*ActingThread(threads_);
    end();
    EXPECT_NE(&*ActingThread(threads_), own);
    EXPECT_EQ(act(), 1u);
    EXPECT_EQ(current_thread_number(), 1u);
    in_thread([&] {
      EXPECT_EQ(&*ActingThread(threads_), own);
      end();
    });
  });
}

TEST_F(DebugThreadTest, EachIsEveryStateThereWasAndTheSharedOne) {
  constexpr int kThreads = 6;
  std::vector<std::thread> all;
  for (int i = 0; i < kThreads; ++i) all.emplace_back([&] { ActingThread(threads_)->random = 7; });
  for (std::thread& each : all) each.join();
  int states = 0, marked = 0;
  threads_.each([&](DebugThread& thread) {
    ++states;
    marked += thread.random == 7 ? 1 : 0;
  });
  EXPECT_EQ(marked, kThreads);
  EXPECT_EQ(states, kThreads + 1);
}

TEST_F(DebugThreadTest, TheTableHoldsThem) {
  in_thread([&] {
    const auto at = reinterpret_cast<Address>(&*ActingThread(threads_));
    EXPECT_GE(at, threads_.table().begin);
    EXPECT_LT(at, threads_.table().end);
    end();
  });
  const DebugThreads closed;
  EXPECT_EQ(closed.table().begin, closed.table().end);
}

TEST_F(DebugThreadTest, ReadersAreToldWhereTheyAre) {
  DebugRoot<Native> root{};
  threads_.describe(root);
  in_thread([&] {
    const DebugThread& thread = *ActingThread(threads_);
    const std::uint64_t at = root.threads + thread.place * root.thread_bytes;
    EXPECT_EQ(at, reinterpret_cast<std::uint64_t>(&thread));
    EXPECT_EQ(at + root.batch_offset, reinterpret_cast<std::uint64_t>(&thread.batch));
    end();
  });
  EXPECT_EQ(root.threads + root.most_threads * root.thread_bytes, threads_.table().end);
  EXPECT_EQ(*reinterpret_cast<const std::uint32_t*>(root.threads_used), 2u);
}

/// Whether a core file would hold what lies at an address.
bool is_in_cores(Address at) {
  std::ifstream lines("/proc/self/smaps");
  bool within = false;
  for (std::string line; std::getline(lines, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) within = begin <= at && at < end;
    if (within && line.starts_with("VmFlags:")) return line.find(" dd") == std::string::npos;
  }
  ADD_FAILURE() << "nothing is mapped at " << at;
  return false;
}

TEST_F(DebugThreadTest, CoresHoldWhatIsUsedOfTheTable) {
  const Extent table = threads_.table();
  EXPECT_TRUE(is_in_cores(table.begin)) << "the shared state";
  EXPECT_FALSE(is_in_cores(table.begin + table.size() / 2));
  EXPECT_FALSE(is_in_cores(table.end - 1));
  constexpr std::ptrdiff_t kThreads = 40;
  std::barrier all_there(kThreads);
  std::vector<std::thread> all;
  for (int i = 0; i < kThreads; ++i)
    all.emplace_back([&] {
      act();
      all_there.arrive_and_wait();
      end();
    });
  for (std::thread& each : all) each.join();
  threads_.each([](DebugThread& thread) {
    EXPECT_TRUE(is_in_cores(reinterpret_cast<Address>(&thread))) << thread.place;
    EXPECT_TRUE(is_in_cores(reinterpret_cast<Address>(&thread + 1) - 1)) << thread.place;
  });
  EXPECT_FALSE(is_in_cores(table.begin + table.size() / 2));
}

TEST_F(DebugThreadTest, ThreadsComeAndGoAtOnce) {
  constexpr std::size_t kWorkers = 4, kRounds = 200;
  std::vector<std::vector<ThreadNumber>> numbers(kWorkers);
  const auto live = [&](std::vector<ThreadNumber>& own) {
    {
      ActingThread thread(threads_);
      own.push_back(thread->number);
      thread->random = thread->number + 1;
    }
    std::this_thread::yield();
    EXPECT_EQ(ActingThread(threads_)->random, own.back() + 1);
    end();
    // By turns, under the lock.
    ++ActingThread(threads_)->until_sample;
  };
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < kWorkers; ++worker)
    workers.emplace_back([&, worker] {
      for (std::size_t i = 0; i < kRounds; ++i) in_thread([&] { live(numbers[worker]); });
    });
  for (std::thread& each : workers) each.join();
  std::vector<ThreadNumber> all;
  for (const auto& own : numbers) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
  std::int64_t shared = 0;
  threads_.each([&](DebugThread& thread) { shared = std::max(shared, thread.until_sample); });
  EXPECT_EQ(shared, std::int64_t{kWorkers * kRounds});
}

TEST_F(DebugThreadTest, AfterForkNothingIsLocked) {
  threads_.lock_all();
  threads_.reset_after_fork();
  in_thread([&] {
    EXPECT_EQ(act(), 0u);
    end();
    EXPECT_EQ(act(), 0u);
  });
}

}  // namespace
}  // namespace arenite
