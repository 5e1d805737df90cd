// SPDX-License-Identifier: MIT
// The lock: excludes, publishes what was written under it, and wakes whoever sleeps.
#include "os/lock.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

LockWord word;
int plain;

Protocol sections(unsigned threads, int rounds) {
  Protocol protocol;
  protocol.prepare = [] {
    reset(word);
    plain = 0;
  };
  for (unsigned i = 0; i < threads; ++i)
    protocol.threads.emplace_back([rounds] {
      for (int round = 0; round < rounds; ++round) {
        const LockGuard guard(word);
        ++plain;
      }
    });
  const int expected = static_cast<int>(threads) * rounds;
  protocol.finish = [expected] {
    check(plain == expected, "an increment is lost");
    check(word.load() == 0, "the lock is not free");
  };
  return protocol;
}

TEST(LockSchedules, TwoThreadsTwiceEach) {
  expect_clean(sections(2, 2), {.bound = 5});
}
TEST(LockSchedules, ThreeThreadsTwiceEach) {
  expect_clean(sections(3, 2), {.bound = 3});
}

}  // namespace
}  // namespace arenite::schedule
