// SPDX-License-Identifier: MIT
#include "debug/stacks/recent_stacks.hpp"

#include <signal.h>
#include <time.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/capture.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/shapes.hpp"
#include "debug/stacks/unwind_rules.hpp"
#include "debug/stacks/walk.hpp"

namespace arenite {
namespace {

class RecentStacksTest : public testing::Test {
 public:
  void SetUp() override {
    prepare_objects();
    ASSERT_TRUE(depot.open());
    current = this;
  }
  void TearDown() override {
    depot.close();
    pass_over_own_frames({});
  }

  std::vector<Address> frames_of(StackId id) const {
    std::vector<Address> frames(64);
    frames.resize(depot.get(id, frames.data(), 64));
    return frames;
  }

  /// The stack of the caller, by itself and by what is remembered; they have to be the same.
  [[gnu::noinline]] StackId put_and_check() {
    Address frames[64];
    const unsigned count = capture_stack(frames, most);
    const StackId id = recent->put(depot, most);
    const std::vector<Address> kept = frames_of(id);
    EXPECT_EQ(kept.size(), count);
    // The first is in this function, at two places.
    if (kept.size() == count && count > 0) {
      EXPECT_TRUE(std::equal(kept.begin() + 1, kept.end(), frames + 1));
    }
    return id;
  }

  /// The same unchecked. Its frame lies where its caller's ends: one that holds arrays is aligned
  /// by some compilers, so that its length depends on the depth.
  [[gnu::noinline]] StackId only_put() {
    const StackId id = recent->put(depot, most);
    asm volatile("");
    return id;
  }

  StackDepot depot;
  std::unique_ptr<RecentStacks> recent = std::make_unique<RecentStacks>();
  unsigned most = 64;
  static RecentStacksTest* current;
};
RecentStacksTest* RecentStacksTest::current;

TEST_F(RecentStacksTest, AStackThatComesAgainIsFound) {
  StackId ids[10];
  errno = 4711;
  for (StackId& id : ids) id = put_and_check();
  EXPECT_EQ(errno, 4711);
  EXPECT_NE(ids[0], 0u);
  for (const StackId id : ids) EXPECT_EQ(id, ids[0]);
  EXPECT_EQ(recent->found(), 9u);
  EXPECT_EQ(depot.stacks(), 1u);
  EXPECT_NE(put_and_check(), ids[0]) << "another place in this function";
  EXPECT_EQ(recent->found(), 9u);
}

TEST_F(RecentStacksTest, EveryShapeTwice) {
  const auto all = [] {
    std::vector<StackId> ids;
    for (const Shape* shapes : {shapes_with_frame_pointers::shapes,
                                shapes_without_frame_pointers::shapes, shapes_optimised::shapes})
      for (unsigned i = 0; i < kShapes; ++i)
        shapes[i].call(
            [](void* to) {
              static_cast<std::vector<StackId>*>(to)->push_back(current->put_and_check());
            },
            &ids);
    return ids;
  };
  std::vector<StackId> rounds[3];
  for (auto& round : rounds) round = all();
  EXPECT_EQ(rounds[0], rounds[1]);
  EXPECT_EQ(rounds[0], rounds[2]);
  // Not all: stacks that share a set drive each other out, and which do depends on where they lie.
  EXPECT_GT(recent->found(), rounds[0].size() / 2) << "in the second and the third round";
}

/// The same depth and the same places, but for one call far out.
[[gnu::noinline]] StackId inner(RecentStacksTest* test, StackId (*put)(RecentStacksTest*)) {
  const StackId id = put(test);
  asm volatile("");
  return id;
}
template <unsigned kWay>
[[gnu::noinline]] StackId outer(RecentStacksTest* test, StackId (*put)(RecentStacksTest*)) {
  const StackId id = inner(test, put);
  asm volatile("" : : "i"(kWay));
  return id;
}

TEST_F(RecentStacksTest, CallersFarOutAreToldApart) {
  const auto put = [](RecentStacksTest*) { return current->put_and_check(); };
  constexpr decltype(&outer<0>) kWays[] = {outer<0>, outer<1>, outer<2>};
  StackId ids[6];
  for (unsigned i = 0; i < 6; ++i) ids[i] = kWays[i % 3](this, put);
  EXPECT_TRUE(std::equal(ids, ids + 3, ids + 3));
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[0], ids[2]);
  EXPECT_NE(ids[1], ids[2]);
  EXPECT_EQ(recent->found(), 3u);
}

template <unsigned kWay>
[[gnu::noinline]] StackId only_put_by(RecentStacksTest* test) {
  const StackId id = test->only_put();
  asm volatile("" : : "i"(kWay));
  return id;
}

using Way = StackId (*)(RecentStacksTest*);
[[gnu::noinline]] StackId go(Way way, RecentStacksTest* test) {
  const StackId id = way(test);
  asm volatile("");
  return id;
}

TEST_F(RecentStacksTest, MoreCallersThanASetHasPlaces) {
  constexpr Way kWays[] = {only_put_by<0>,  only_put_by<1>,  only_put_by<2>,  only_put_by<3>,
                           only_put_by<4>,  only_put_by<5>,  only_put_by<6>,  only_put_by<7>,
                           only_put_by<8>,  only_put_by<9>,  only_put_by<10>, only_put_by<11>,
                           only_put_by<12>, only_put_by<13>, only_put_by<14>, only_put_by<15>};
  // The first capture learns where a caller's return address lies.
  go(only_put_by<0>, this);
  const auto before = recent->found();
  std::vector<StackId> ids[2];
  for (auto& round : ids)
    for (const Way way : kWays) round.push_back(go(way, this));
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_EQ(std::set<StackId>(ids[0].begin(), ids[0].end()).size(), 16u);
  // Not all: a few of them may share a set, and do so or not by where the code lies.
  EXPECT_GT(recent->found() - before, 0u);
}

/// Calls `inner` from so many frames down.
[[gnu::noinline]] StackId down(RecentStacksTest* test, StackId (*put)(RecentStacksTest*),
                               unsigned levels) {
  const StackId id = levels == 0 ? outer<3>(test, put) : down(test, put, levels - 1);
  asm volatile("");
  return id;
}

TEST_F(RecentStacksTest, ARecursionIsOneStackAtEveryDepth) {
  const auto put = [](RecentStacksTest*) { return current->only_put(); };
  const auto put_and_check = [](RecentStacksTest*) { return current->put_and_check(); };
  most = 4;
  // The first capture of a thread learns where its stack ends.
  const StackId checked = down(this, put_and_check, 0);
  const StackId first = down(this, put, 0);
  const auto before = recent->found();
  for (unsigned levels = 1; levels < 20; ++levels) {
    EXPECT_EQ(down(this, put, levels), first);
    EXPECT_EQ(down(this, put, 20 - levels), first);
  }
  EXPECT_EQ(recent->found() - before, 38u);
  for (unsigned levels = 1; levels < 20; ++levels)
    EXPECT_EQ(down(this, put_and_check, levels), checked);
}

/// The same, with frames whose length only their frame pointers know.
volatile std::size_t room_bytes;
[[gnu::noinline]] StackId down_by_pointers(RecentStacksTest* test,
                                           StackId (*put)(RecentStacksTest*), unsigned levels) {
  void* const room = __builtin_alloca(room_bytes);
  asm volatile("" : : "r"(room) : "memory");
  const StackId id = levels == 0 ? put(test) : down_by_pointers(test, put, levels - 1);
  asm volatile("" : : "r"(room) : "memory");
  return id;
}

TEST_F(RecentStacksTest, FramePointersCountFromTheBeginning) {
  const auto put = [](RecentStacksTest*) { return current->put_and_check(); };
  most = 5;
  room_bytes = 64;
  const StackId first = down_by_pointers(this, put, 10);
  for (unsigned levels = 11; levels < 30; ++levels)
    EXPECT_EQ(down_by_pointers(this, put, levels), first);
  EXPECT_EQ(recent->found(), 19u);
  // Longer frames: other words.
  room_bytes = 640;
  EXPECT_EQ(down_by_pointers(this, put, 10), first);
  EXPECT_EQ(recent->found(), 19u);
}

/// Words from an address on.
using Words = std::array<Address, 64>;
void copy_words(Words& to, const void* from) {
  auto at = reinterpret_cast<Address>(from);
  for (Address& word : to) {
    word = word_at(at);
    at += sizeof word;
  }
}

/// Captures below a room of some bytes; the words from the room on are what another room gave.
Words room_words;
[[gnu::noinline]] StackId below_a_frame_pointer(std::size_t bytes) {
  void* const room = __builtin_alloca(bytes);
  asm volatile("" : : "r"(room) : "memory");
  const StackId id = RecentStacksTest::current->put_and_check();
  asm volatile("" : : "r"(room) : "memory");
  return id;
}
[[gnu::noinline]] StackId below_a_room(std::size_t bytes, bool filled) {
  void* const room = __builtin_alloca(bytes);
  asm volatile("" : : "r"(room) : "memory");
  if (filled)
    std::copy(room_words.begin(), room_words.end(), static_cast<volatile Address*>(room));
  else
    copy_words(room_words, room);
  const StackId id = below_a_frame_pointer(room_bytes);
  asm volatile("" : : "r"(room) : "memory");
  return id;
}
template <unsigned kWay>
[[gnu::noinline]] StackId calls_below_a_room(std::size_t bytes, bool filled) {
  const StackId id = below_a_room(bytes, filled);
  asm volatile("" : : "i"(kWay));
  return id;
}

TEST_F(RecentStacksTest, ACopyOfOlderFramesIsNoStack) {
  most = 5;
  room_bytes = 64;
  // The first capture of a thread learns where its stack ends.
  put_and_check();
  const StackId first = calls_below_a_room<0>(64, false);
  const auto before = recent->found();
  // The same return addresses lie at the same places, but the frames are elsewhere.
  const StackId second = calls_below_a_room<1>(1024, true);
  EXPECT_EQ(recent->found(), before);
  EXPECT_NE(second, first);
}

TEST_F(RecentStacksTest, AnotherDepthBeginsAnew) {
  for (int round = 0; round < 3; ++round)
    for (most = 1; most < 8; ++most) EXPECT_EQ(frames_of(put_and_check()).size(), most);
  EXPECT_EQ(recent->found(), 0u);
  most = 0;
  EXPECT_EQ(put_and_check(), 0u);
}

TEST_F(RecentStacksTest, ForgottenRulesForgetStacks) {
  for (int i = 0; i < 5; ++i) {
    forget_rules();
    put_and_check();
  }
  EXPECT_EQ(recent->found(), 0u);
}

TEST_F(RecentStacksTest, OwnFramesArePassedOver) {
  LoadedObject object;
  Address frames[64];
  ASSERT_GT(capture_stack(frames, 64), 2u);
  ASSERT_TRUE(find_object(frames[0], object));
  pass_over_own_frames({object.begin, object.end});
  StackId ids[5];
  for (StackId& id : ids) id = recent->put(depot, 64);
  const std::vector<Address> kept = frames_of(ids[0]);
  ASSERT_FALSE(kept.empty());
  EXPECT_FALSE(object.holds(kept[0] - 1));
  for (const StackId id : ids) EXPECT_EQ(id, ids[0]);
  EXPECT_EQ(recent->found(), 4u);
}

TEST_F(RecentStacksTest, OneAfterAnotherThread) {
  for (int i = 0; i < 4; ++i)
    std::thread([] {
      const std::uint64_t before = current->recent->found();
      for (int k = 0; k < 3; ++k) EXPECT_NE(current->put_and_check(), 0u);
      EXPECT_GE(current->recent->found(), before + 2);
    }).join();
}

TEST_F(RecentStacksTest, CoroutinesGoTheLongWay) {
  static ucontext_t here, there;
  const auto stack = std::make_unique<char[]>(1 << 18);
  ASSERT_EQ(::getcontext(&there), 0);
  there.uc_stack.ss_sp = stack.get();
  there.uc_stack.ss_size = 1 << 18;
  there.uc_link = &here;
  ::makecontext(
      &there,
      [] {
        for (int i = 0; i < 3; ++i) EXPECT_NE(current->put_and_check(), 0u);
      },
      0);
  ASSERT_EQ(::swapcontext(&here, &there), 0);
  EXPECT_EQ(recent->found(), 0u);
}

/// What the handler interrupted is not among the words that are compared.
TEST_F(RecentStacksTest, SignalFramesGoTheLongWay) {
  static unsigned handled;
  handled = 0;
  struct sigaction action{}, before{};
  action.sa_handler = [](int) {
    for (int i = 0; i < 3; ++i) EXPECT_NE(current->put_and_check(), 0u);
    ++handled;
  };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  // The first capture of a thread learns where its stack ends.
  put_and_check();
  for (int i = 0; i < 3; ++i) ::raise(SIGUSR1);
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(handled, 3u);
  EXPECT_EQ(recent->found(), 0u);
}

TEST_F(RecentStacksTest, StacksOfMoreWordsThanAnEntryHasGoTheLongWay) {
  const auto put = [](RecentStacksTest*) { return current->put_and_check(); };
  put_and_check();
  const StackId first = down(this, put, 60);
  EXPECT_EQ(frames_of(first).size(), 64u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(down(this, put, 60), first);
  EXPECT_EQ(recent->found(), 0u);
}

/// Captures in a frame that only its frame pointer leads out of, as far as is known after the first
/// time.
[[gnu::noinline]] void put_where_no_table_leads_out(RecentStacksTest* test, unsigned times) {
  void* const room = __builtin_alloca(room_bytes);
  asm volatile("" : : "r"(room) : "memory");
  for (unsigned i = 0; i < times; ++i) {
    const std::vector<Address> frames = test->frames_of(test->put_and_check());
    ASSERT_GE(frames.size(), 4u);
    if (i > 0) continue;
    forget_rules();
    constexpr std::uint64_t kUnknown = UnwindRule().word();
    detail::remembered_at(frames[1]).rule = kUnknown;
    detail::remembered_at(frames[1]).check = detail::check_of(frames[1], kUnknown);
  }
  asm volatile("" : : "r"(room) : "memory");
}

TEST_F(RecentStacksTest, CodeWithoutTablesGoesTheLongWay) {
  room_bytes = 64;
  put_and_check();
  put_where_no_table_leads_out(this, 5);
  EXPECT_EQ(recent->found(), 0u);
  forget_rules();
}

TEST_F(RecentStacksTest, ASignalInBetween) {
  static volatile unsigned signals;
  struct sigaction action{};
  action.sa_handler = [](int) {
    EXPECT_NE(current->recent->put(current->depot, 16), 0u);
    signals = signals + 1;
  };
  ASSERT_EQ(::sigaction(SIGALRM, &action, nullptr), 0);
  most = 16;
  timer_t timer;
  ASSERT_EQ(::timer_create(CLOCK_MONOTONIC, nullptr, &timer), 0);
  const itimerspec often{{0, 200000}, {0, 200000}};
  ASSERT_EQ(::timer_settime(timer, 0, &often, nullptr), 0);
  StackId first = 0;
  while (signals < 200) {
    const StackId id = recent->put(depot, most);
    if (first == 0) first = id;
    ASSERT_EQ(id, first);
  }
  ::timer_delete(timer);
  ::signal(SIGALRM, SIG_DFL);
}

}  // namespace
}  // namespace arenite
