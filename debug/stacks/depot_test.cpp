// SPDX-License-Identifier: MIT
#include "debug/stacks/depot.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/stack_hash.hpp"

namespace arenite {
namespace {

using Stack = std::vector<Address>;

class StackDepotTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(depot_.open()); }
  void TearDown() override { depot_.close(); }

  StackId put(const Stack& stack) {
    return depot_.put(stack.data(), static_cast<unsigned>(stack.size()));
  }
  Stack get(StackId id) {
    Stack stack(300);
    stack.resize(depot_.get(id, stack.data(), 300));
    return stack;
  }

  StackDepot depot_;
};

Stack numbered(std::uint64_t number, std::size_t frames = 10) {
  Stack stack(frames);
  for (std::size_t i = 0; i < frames; ++i) stack[i] = 0x7f0000000000 + number * 31 + i * 4096;
  return stack;
}

TEST_F(StackDepotTest, KeepsEachStackOnce) {
  errno = 4711;
  const StackId first = put({1, 2, 3}), second = put({1, 2}), third = put({3, 2, 1});
  EXPECT_NE(first, 0u);
  EXPECT_NE(first, second);
  EXPECT_NE(first, third);
  EXPECT_NE(second, third);
  EXPECT_EQ(put({1, 2, 3}), first);
  EXPECT_EQ(put({1, 2}), second);
  EXPECT_EQ(put({3, 2, 1}), third);
  EXPECT_EQ(depot_.stacks(), 3u);
  EXPECT_EQ(get(first), (Stack{1, 2, 3}));
  EXPECT_EQ(get(second), (Stack{1, 2}));
  EXPECT_EQ(get(third), (Stack{3, 2, 1}));
  EXPECT_EQ(errno, 4711);
}

TEST_F(StackDepotTest, NoFramesAreNoStack) {
  EXPECT_EQ(put({}), 0u);
  EXPECT_EQ(depot_.stacks(), 0u);
  EXPECT_EQ(get(0), Stack{});
}

TEST_F(StackDepotTest, ZeroIsAFrameLikeAnyOther) {
  EXPECT_NE(put({0}), put({0, 0}));
  EXPECT_EQ(get(put({0, 0})), (Stack{0, 0}));
}

TEST_F(StackDepotTest, LongStacksAreCut) {
  const Stack longest = numbered(1, StackDepot::kMostFrames), longer = numbered(1, 400);
  EXPECT_EQ(put(longer), put(longest));
  EXPECT_EQ(get(put(longer)), longest);
}

TEST_F(StackDepotTest, GivesNoMoreThanAskedFor) {
  const StackId id = put({1, 2, 3});
  std::array<Address, 3> frames{7, 7, 7};
  EXPECT_EQ(depot_.get(id, frames.data(), 2), 2u);
  EXPECT_EQ(frames, (std::array<Address, 3>{1, 2, 7}));
}

TEST_F(StackDepotTest, WhatIsNoIdHasNoFrames) {
  const StackId id = put(numbered(1)), last = put(numbered(2));
  EXPECT_EQ(get(last).size(), 10u);
  for (StackId wrong : {id + 1, id + 5, last + 1, last + 11, last + 100000, ~StackId{0}})
    EXPECT_EQ(get(wrong), Stack{}) << wrong;
}

TEST_F(StackDepotTest, TheFirstWordThatIsNotInUseIsNoId) {
  // What becomes accessible at a time, to the last word.
  constexpr std::size_t kStepWords = std::size_t{1} << 17;
  std::uint64_t number = 0;
  StackId last = 0;
  while (depot_.used_words() + 11 <= kStepWords) last = put(numbered(number++));
  if (const std::size_t left = kStepWords - depot_.used_words(); left > 0) {
    ASSERT_GT(left, 1u);
    last = put(numbered(number, left - 1));
  }
  ASSERT_EQ(depot_.used_words(), kStepWords);
  EXPECT_NE(get(last), Stack{});
  EXPECT_EQ(get(kStepWords), Stack{});
}

TEST_F(StackDepotTest, StacksOfOneHashStayApart) {
  // What the second frame takes away makes up for what the first adds.
  const std::uint64_t factor = detail::kFactor[1];
  std::uint64_t inverse = 1;
  for (int i = 0; i < 6; ++i) inverse *= 2 - factor * inverse;
  const Stack one{1000, 2000, 3000};
  const Stack other{1000 + 8, 2000 - 8 * detail::kFactor[0] * inverse, 3000};
  ASSERT_EQ(stack_hash(one.data(), 3), stack_hash(other.data(), 3));
  const StackId first = put(one), second = put(other);
  EXPECT_NE(first, second);
  EXPECT_EQ(put(one), first);
  EXPECT_EQ(put(other), second);
  EXPECT_EQ(get(first), one);
  EXPECT_EQ(get(second), other);
}

/// They are a part of what a process leaves behind: another build may read it.
TEST(StackHashTest, HasTheSameFactorsInEveryBuild) {
  EXPECT_EQ(detail::kFactor[0], 0x2e73ccfc9d2a1095u);
  EXPECT_EQ(detail::kFactor[1], 0xab7475e4ae02435du);
  EXPECT_EQ(detail::kFactor[255], 0x80254a1eb4587f1u);
  for (const std::uint64_t factor : detail::kFactor) EXPECT_EQ(factor % 2, 1u);
}

/// Readers of other processes' memory, and of files, hold each stack against its hash.
TEST(StackHashTest, IsTheUpperHalfOfASum) {
  Stack stack;
  for (unsigned count = 0; count < 256; ++count) {
    std::uint64_t sum = count * detail::kFactor[255];
    for (unsigned i = 0; i < count; ++i) sum += stack[i] * detail::kFactor[i];
    ASSERT_EQ(stack_hash(stack.data(), count), sum >> 32) << count;
    stack.push_back(0x7f0000000000 + count * 4099);
  }
  const Stack zeroes(4);
  EXPECT_NE(stack_hash(zeroes.data(), 3), stack_hash(zeroes.data(), 4));
}

TEST(StackHashTest, SpreadsStacksThatDifferInOneFrame) {
  std::vector<std::uint32_t> low;
  Stack stack = numbered(1);
  for (std::size_t frame = 0; frame < 10; ++frame)
    for (Address i = 0; i < 1000; ++i) {
      Stack changed = stack;
      changed[frame] += i * 4 + 1;
      low.push_back(stack_hash(changed.data(), 10) & 0xffffff);
    }
  std::sort(low.begin(), low.end());
  const auto distinct = std::unique(low.begin(), low.end()) - low.begin();
  EXPECT_GT(distinct, 9950) << "10,000 balls in 16 million bins: three meet";
}

TEST_F(StackDepotTest, ManyStacksFillLargerTables) {
  constexpr std::uint64_t kStacks = 200000;
  std::vector<StackId> ids;
  for (std::uint64_t i = 0; i < kStacks; ++i) ids.push_back(put(numbered(i, 1 + i % 16)));
  EXPECT_EQ(depot_.stacks(), kStacks);
  for (std::uint64_t i = 0; i < kStacks; ++i) {
    ASSERT_EQ(put(numbered(i, 1 + i % 16)), ids[i]);
    ASSERT_EQ(get(ids[i]), numbered(i, 1 + i % 16));
  }
  EXPECT_EQ(depot_.stacks(), kStacks);
  EXPECT_LT(depot_.bytes(), kStacks * 8 * 20);
  EXPECT_GT(depot_.bytes(), depot_.used_words() * 8 + 2 * kStacks * 8) << "tables half empty";
}

TEST_F(StackDepotTest, CountsWhatItsWordsAndItsTableTake) {
  const std::size_t empty = depot_.bytes();
  EXPECT_GE(empty, StackDepot::kFirstPlaces * 8 + 8);
  EXPECT_LT(empty, StackDepot::kFirstPlaces * 8 + 100);
  put({1, 2, 3});
  EXPECT_EQ(depot_.bytes(), empty + 4 * 8) << "a header and three frames";
  put({1, 2, 3});
  EXPECT_EQ(depot_.bytes(), empty + 4 * 8);
  EXPECT_EQ(depot_.used_words(), 5u);
}

TEST(SmallDepotTest, WhatHasNoPlaceInATableThatCannotGrowHasNoId) {
  const pid_t child = ::fork();
  if (child == 0) {
    static StackDepot depot;
    if (!depot.open(1, 4)) ::_exit(2);
    // The words' first step; the table is not yet half full.
    const Address frames[] = {1, 2, 3, 4, 5, 6};
    const StackId first = depot.put(frames, 1);
    const rlimit nothing_more{0, 0};
    if (::setrlimit(RLIMIT_AS, &nothing_more) != 0) ::_exit(3);
    StackId ids[4] = {first};
    for (unsigned i = 1; i < 4; ++i)
      if ((ids[i] = depot.put(frames, i + 1)) == 0) ::_exit(4);
    if (depot.put(frames, 5) != 0 || depot.put(frames, 6) != 0) ::_exit(5);
    for (unsigned i = 0; i < 4; ++i)
      if (depot.put(frames, i + 1) != ids[i]) ::_exit(6);
    ::_exit(depot.stacks() == 4 ? 0 : 7);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

/// How many words a depot reserves that asks for so many, in a process that may map so many more
/// bytes; 0 if it cannot be opened, -1 if the child did not end by itself.
int steps_in_address_space(std::size_t steps, std::size_t bytes) {
  constexpr std::size_t kStepWords = std::size_t{1} << 17;
  const pid_t child = ::fork();
  if (child == 0) {
    // For one that asks for the same again and again.
    const rlimit seconds{10, 10};
    if (::setrlimit(RLIMIT_CPU, &seconds) != 0) ::_exit(255);
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t most = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + bytes;
    const rlimit limit{most, most};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(255);
    static StackDepot depot;
    errno = 4711;
    const bool opened = depot.open(steps * kStepWords);
    if (errno != 4711 || depot.capacity_words() % kStepWords != 0) ::_exit(254);
    ::_exit(opened ? static_cast<int>(depot.capacity_words() / kStepWords) : 0);
  }
  int status = -1;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

/// A step is a mebibyte.
TEST(SmallDepotTest, AsksForHalfUntilTheAddressSpaceIsThere) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  ASSERT_EQ(steps_in_address_space(64, 80 * kMebibyte), 64);
  ASSERT_EQ(steps_in_address_space(64, 20 * kMebibyte), 16);
  ASSERT_EQ(steps_in_address_space(50, 20 * kMebibyte), 12);
  ASSERT_EQ(steps_in_address_space(64, kMebibyte + kMebibyte / 2), 1);
  ASSERT_EQ(steps_in_address_space(64, kMebibyte / 2), 0);
}

TEST(SmallDepotTest, AFullDepotStillFindsWhatItHas) {
  StackDepot depot;
  ASSERT_TRUE(depot.open(1));
  std::vector<StackId> ids;
  for (std::uint64_t i = 0;; ++i) {
    const StackId id = depot.put(numbered(i).data(), 10);
    if (id == 0) break;
    ids.push_back(id);
    ASSERT_LT(ids.size(), 1000000u);
  }
  EXPECT_EQ(ids.size(), (depot.capacity_words() - 1) / 11);
  EXPECT_EQ(depot.put(numbered(ids.size() + 1).data(), 10), 0u);
  for (std::uint64_t i = 0; i < ids.size(); ++i)
    ASSERT_EQ(depot.put(numbered(i).data(), 10), ids[i]);
  EXPECT_EQ(depot.stacks(), ids.size());
  depot.close();
}

TEST(SmallDepotTest, AClosedDepotTakesNothing) {
  StackDepot depot;
  EXPECT_EQ(depot.put(numbered(1).data(), 10), 0u);
  ASSERT_TRUE(depot.open());
  EXPECT_NE(depot.put(numbered(1).data(), 10), 0u);
  depot.close();
  EXPECT_EQ(depot.put(numbered(1).data(), 10), 0u);
  EXPECT_EQ(depot.stacks(), 0u);
}

TEST_F(StackDepotTest, ThreadsAgreeOnIds) {
  constexpr unsigned kThreads = 4;
  constexpr std::size_t kStacks = 20000;
  std::vector<StackId> ids[kThreads];
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number)
    threads.emplace_back([this, number, &mine = ids[number]] {
      std::vector<std::size_t> order(kStacks);
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::shuffle(order.begin(), order.end(), std::mt19937(number));
      mine.resize(kStacks);
      for (const std::size_t i : order) {
        mine[i] = put(numbered(i));
        std::array<Address, 10> frames;
        ASSERT_EQ(depot_.get(mine[i], frames.data(), 10), 10u);
        ASSERT_EQ(frames[3], numbered(i)[3]);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(depot_.stacks(), kStacks);
  for (unsigned number = 1; number < kThreads; ++number) EXPECT_EQ(ids[number], ids[0]);
  for (std::size_t i = 0; i < kStacks; ++i) ASSERT_EQ(put(numbered(i)), ids[0][i]);
}

TEST_F(StackDepotTest, AForkedChildGoesOn) {
  const StackId before = put(numbered(1));
  const pid_t child = ::fork();
  if (child == 0) {
    depot_.reset_after_fork();
    bool right = put(numbered(1)) == before;
    for (std::uint64_t i = 2; i < 5000; ++i) right = right && put(numbered(i)) != 0;
    ::_exit(right && depot_.stacks() == 4999 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(depot_.stacks(), 1u);
}

}  // namespace
}  // namespace arenite
