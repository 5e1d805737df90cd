// SPDX-License-Identifier: MIT
// Threads that allocate, hand blocks on, free, look blocks up and check all at once.
#include <atomic>
#include <thread>

#include "debug/guard/page_fake.hpp"

namespace arenite {
namespace {

template <class World>
using PageHeapThreads = PageHeapTest<World>;
TYPED_TEST_SUITE(PageHeapThreads, AllWorlds);

constexpr int kThreads = 4;
constexpr int kRounds = 1500;

TYPED_TEST(PageHeapThreads, BlocksAreNeverMixedUp) {
  this->settings.quarantine_blocks = 16;
  this->settings.warm_blocks = 4;
  OPEN_OR_SKIP();
  PageHeap& shared = *this->heap;
  std::atomic<void*> handed[8] = {};
  std::atomic<unsigned> mixed_up{0}, freed{0}, allocated{0};
  const auto give_back = [&](void* block) {
    BlockFacts seen;
    SlackDamage change;
    const auto at = reinterpret_cast<Address>(block);
    mixed_up += !shared.find(at, seen) || seen.begin != at || seen.state != BlockState::live;
    mixed_up += shared.claim(at, seen, change) != ClaimVerdict::intact;
    // Its bytes say which block it is.
    std::uint64_t number;
    std::memcpy(&number, block, sizeof number);
    mixed_up += number != seen.serial;
    shared.free(at, 1, 2);
    ++freed;
  };
  const auto work = [&](unsigned number) {
    for (unsigned i = 1; i <= kRounds; ++i) {
      const std::uint64_t name = number * 1000000 + i;
      Decline reason;
      void* block =
          shared.allocate({i % 7 == 0 ? 5000u : 24u, 0, false, Family::malloc, name}, reason);
      if (block == nullptr) continue;
      ++allocated;
      std::memcpy(block, &name, sizeof name);
      void* other = handed[(i + number) % 8].exchange(block);
      if (other != nullptr) give_back(other);
    }
  };
  std::atomic<bool> done{false};
  std::atomic<unsigned> damaged{0};
  std::thread checker([&] {
    while (!done) {
      shared.check([](void* count, const BlockFacts&,
                      const SlackDamage&) { ++*static_cast<std::atomic<unsigned>*>(count); },
                   &damaged);
      shared.each_live([](void*, const BlockFacts&) {}, nullptr);
    }
  });
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  done = true;
  checker.join();
  for (std::atomic<void*>& block : handed)
    if (block != nullptr) give_back(block);
  EXPECT_EQ(mixed_up, 0u);
  EXPECT_EQ(damaged, 0u);
  EXPECT_EQ(allocated, freed);
  EXPECT_GT(allocated, unsigned{kRounds});
  EXPECT_EQ(shared.statistics().live_blocks, 0u);
}

TYPED_TEST(PageHeapThreads, OfTwoFreesOfABlockOneIsTheFirst) {
  OPEN_OR_SKIP();
  for (int round = 0; round < 200; ++round) {
    const Address block = this->allocate(24);
    std::atomic<int> claimed{0}, late{0};
    const auto free_it = [&] {
      BlockFacts seen;
      SlackDamage change;
      if (this->heap->claim(block, seen, change) == ClaimVerdict::intact) {
        ++claimed;
        this->heap->free(block, 0, 0);
      } else {
        ++late;
      }
    };
    std::thread other(free_it);
    free_it();
    other.join();
    EXPECT_EQ(claimed, 1);
    EXPECT_EQ(late, 1);
  }
}

}  // namespace
}  // namespace arenite
