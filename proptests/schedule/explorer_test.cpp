// SPDX-License-Identifier: MIT
// The explorer itself: what it must find, what it must not find, and that a failing schedule
// replays. Small programs everybody knows.
#include "proptests/schedule/explorer.hpp"

#include <atomic>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace arenite::schedule {
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

/// A failing exploration whose schedule fails again, in the same way.
void expect_found(const Protocol& protocol, const std::string& words, Limits limits = {}) {
  const Outcome outcome = explore(protocol, limits);
  EXPECT_NE(outcome.failure.find(words), std::string::npos) << "found: " << outcome.failure;
  const Outcome again = replay(protocol, outcome.schedule, limits);
  EXPECT_EQ(again.failure, outcome.failure) << "schedule: " << outcome.schedule;
}

void expect_clean(const Protocol& protocol, Limits limits = {}) {
  const Outcome outcome = explore(protocol, limits);
  EXPECT_EQ(outcome.failure, "") << "schedule: " << outcome.schedule;
  EXPECT_TRUE(outcome.complete);
}

std::atomic<int> x, y, z;
int plain;

Protocol with(std::vector<std::function<void()>> threads, std::function<void()> finish = [] {}) {
  return {[] {
            x.store(0);
            y.store(0);
            z.store(0);
            plain = 0;
          },
          std::move(threads), std::move(finish)};
}

// ---- plain data ----

TEST(Explorer, FindsARaceOnPlainData) {
  const auto write = [] { plain = 1; };
  expect_found(with({write, write}), "data race");
}

Protocol publication(std::memory_order store, std::memory_order load) {
  return with({[store] {
                 plain = 1;
                 x.store(1, store);
               },
               [load] {
                 if (x.load(load) == 1) check(plain == 1, "not published");
               }});
}

TEST(Explorer, LetsReleaseAndAcquirePublish) {
  expect_clean(publication(memory_order_release, memory_order_acquire));
}
TEST(Explorer, TellsTheStepsOfAReplay) {
  const Protocol protocol = publication(memory_order_relaxed, memory_order_acquire);
  const Outcome again = replay(protocol, explore(protocol).schedule);
  EXPECT_NE(again.trace.find("thread 1, store 0x1"), std::string::npos) << again.trace;
}
TEST(Explorer, LetsNoRelaxedStorePublish) {
  expect_found(publication(memory_order_relaxed, memory_order_acquire), "data race");
}
TEST(Explorer, LetsNoRelaxedLoadBeTold) {
  expect_found(publication(memory_order_release, memory_order_relaxed), "data race");
}

Protocol fenced_publication(std::memory_order before, std::memory_order behind) {
  return with({[before] {
                 plain = 1;
                 std::atomic_thread_fence(before);
                 x.store(1, memory_order_relaxed);
               },
               [behind] {
                 if (x.load(memory_order_relaxed) != 1) return;
                 std::atomic_thread_fence(behind);
                 check(plain == 1, "not published");
               }});
}

TEST(Explorer, LetsFencesPublish) {
  expect_clean(fenced_publication(memory_order_release, memory_order_acquire));
}
TEST(Explorer, LetsNoFenceOfTheOtherKindPublish) {
  expect_found(fenced_publication(memory_order_acquire, memory_order_acquire), "data race");
  expect_found(fenced_publication(memory_order_release, memory_order_release), "data race");
}

TEST(Explorer, CarriesAReleaseThroughReadModifyWrites) {
  expect_clean(with({[] {
                       plain = 1;
                       x.store(1, memory_order_release);
                     },
                     [] { x.fetch_add(2, memory_order_relaxed); },
                     [] {
                       if (x.load(memory_order_acquire) == 3) check(plain == 1, "not published");
                     }}));
}

// ---- old values ----

Protocol store_buffers(std::memory_order store, std::memory_order load) {
  static int first, second;
  return with({[=] {
                 x.store(1, store);
                 first = y.load(load);
               },
               [=] {
                 y.store(1, store);
                 second = x.load(load);
               }},
              [] { check(first == 1 || second == 1, "neither saw the other"); });
}

TEST(Explorer, KnowsStoreBuffers) {
  expect_clean(store_buffers(memory_order_seq_cst, memory_order_seq_cst));
  expect_found(store_buffers(memory_order_release, memory_order_seq_cst), "neither saw");
  expect_found(store_buffers(memory_order_seq_cst, memory_order_acquire), "neither saw");
}

TEST(Explorer, KnowsSequentiallyConsistentFences) {
  static int first, second;
  const auto through = [](std::atomic<int>& to, std::atomic<int>& from, int& saw) {
    return [&] {
      to.store(1, memory_order_relaxed);
      std::atomic_thread_fence(memory_order_seq_cst);
      saw = from.load(memory_order_relaxed);
    };
  };
  expect_clean(with({through(x, y, first), through(y, x, second)},
                    [] { check(first == 1 || second == 1, "neither saw the other"); }));
}

TEST(Explorer, NeverGoesBackInOneObject) {
  expect_clean(with({[] {
                       x.store(1, memory_order_relaxed);
                       x.store(2, memory_order_relaxed);
                     },
                     [] {
                       const int before = x.load(memory_order_relaxed);
                       check(x.load(memory_order_relaxed) >= before, "went back");
                     }}));
}

TEST(Explorer, PassesOnWhatAcquiredThreadsKnow) {
  // Of three threads: the first writes x, the second sees it and writes y, the third sees that.
  const auto chain = [](std::memory_order store) {
    return with({[] { x.store(1, memory_order_relaxed); },
                 [store] {
                   if (x.load(memory_order_relaxed) == 1) y.store(1, store);
                 },
                 [] {
                   if (y.load(memory_order_acquire) == 1)
                     check(x.load(memory_order_relaxed) == 1, "forgotten on the way");
                 }});
  };
  expect_clean(chain(memory_order_release));
  expect_found(chain(memory_order_relaxed), "forgotten");
}

// ---- interleavings ----

TEST(Explorer, FindsALostUpdate) {
  const auto add = [] { x.store(x.load() + 1); };
  expect_found(with({add, add}, [] { check(x.load() == 2, "lost"); }), "lost");
  const auto right = [] { x.fetch_add(1); };
  expect_clean(with({right, right}, [] { check(x.load() == 2, "lost"); }));
}

/// Treiber's stack of two nodes, from which one thread pops while the other pops both and pushes
/// the first again: the head is the same, what lies under it is not.
TEST(Explorer, FindsAnAbaProblem) {
  static std::atomic<int> head, next[3];
  const auto pop = [] {
    int top = head.load();
    while (top != 0 && !head.compare_exchange_strong(top, next[top].load())) {
    }
    return top;
  };
  Protocol protocol = with({[pop] { pop(); },
                            [pop] {
                              const int first = pop();
                              const int second = pop();
                              if (first == 0 || second == 0) return;
                              next[first].store(head.load());
                              int top = next[first].load();
                              while (!head.compare_exchange_strong(top, first)) next[first] = top;
                              z.store(second);
                            }},
                           [] {
                             for (int at = head.load(); at != 0; at = next[at].load())
                               check(at != z.load(), "on the stack, and in a thread's hands");
                           });
  protocol.prepare = [prepare = protocol.prepare] {
    prepare();
    next[1] = 2;
    next[2] = 0;
    head = 1;
  };
  expect_found(protocol, "on the stack");
  const Outcome sampled = sample(protocol, 1, 20'000);
  EXPECT_NE(sampled.failure, "");
  EXPECT_EQ(replay(protocol, sampled.schedule).failure, sampled.failure);
}

TEST(Explorer, FindsNothingBelowTheBoundItNeeds) {
  const auto add = [] { x.store(x.load() + 1); };
  const Protocol protocol = with({add, add}, [] { check(x.load() == 2, "lost"); });
  EXPECT_TRUE(explore(protocol, {.bound = 0}));
  EXPECT_FALSE(explore(protocol, {.bound = 1}));
}

TEST(Explorer, CountsAllInterleavings) {
  // Two threads of three steps on one object: 6 choose 3 orders.
  static std::set<std::string> seen;
  static char order[6];
  seen.clear();
  const auto three = [](char name) {
    return [name] {
      for (int i = 0; i < 3; ++i) order[x.fetch_add(1)] = name;
    };
  };
  const Protocol protocol =
      with({three('a'), three('b')}, [] { seen.emplace(order, sizeof order); });
  const Outcome outcome = explore(protocol, {.bound = 10});
  EXPECT_TRUE(outcome.complete) << outcome.failure;
  EXPECT_EQ(seen.size(), 20u);
}

// ---- ends ----

TEST(Explorer, FindsADeadlock) {
  static std::atomic<int> locks[2];
  const auto take = [](int first, int second) {
    return [first, second] {
      for (const int each : {first, second}) {
        int expected = 0;
        while (!locks[each].compare_exchange_strong(expected, 1)) expected = 0;
      }
      for (const int each : {first, second}) locks[each].store(0);
    };
  };
  expect_found({[] { locks[0] = locks[1] = 0; }, {take(0, 1), take(1, 0)}, [] {}}, "no end",
               {.most_steps = 300});
}

TEST(Explorer, TellsOfExceptionsAndFaults) {
  expect_found(with({[] { throw std::runtime_error("thrown"); }}), "exception: thrown");
  static volatile int* volatile nowhere = nullptr;
  expect_found(with({[] { *nowhere = 1; }}), "fault at");
}

TEST(Explorer, TellsOfAFailureAtTheEnd) {
  expect_found(with({[] { x = 1; }}, [] { check(x.load() == 2, "not two"); }), "not two");
}

TEST(Schedule, IsTextAndBack) {
  Schedule schedule;
  EXPECT_TRUE(schedule.parse("3:1 12:2"));
  EXPECT_EQ(schedule.text(), "3:1 12:2");
  EXPECT_EQ(schedule.at(12), 2u);
  EXPECT_EQ(schedule.at(4), 0u);
  for (const char* bad : {"3", "3:", ":1", "a:1", "3:1,4:1"}) EXPECT_FALSE(schedule.parse(bad));
  EXPECT_NE(replay(with({}), "bad").failure, "");
}

}  // namespace
}  // namespace arenite::schedule
