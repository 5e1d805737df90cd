// SPDX-License-Identifier: MIT
// The guard heap of debug mode: of two frees of a block one is the first; what is looked up while
// it comes or goes is whole; blocks leave quarantine once.
#include <optional>

#include "debug/guard/guard_heap.hpp"
#include "debug/guard/heap_source.hpp"
#include "proptests/schedule/heap_protocol.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

/// The thread block of the thread of the protocol that asks.
struct OwnBlock {
  struct Thread {
    ThreadBlock number;
    ThreadBlock block() const { return number; }
  };
  const std::array<ThreadBlock, kMostThreads + 1>* blocks;
  Thread operator()() const {
    const Run* run = Run::current();
    return {(*blocks)[run == nullptr ? 0 : run->thread()]};
  }
};

using Source = HeapSource<TinyHeap, OwnBlock>;
using Guarded = GuardHeap<Source>;

std::array<ThreadBlock, kMostThreads + 1> thread_blocks;
std::array<QuarantineBatch, kMostThreads + 1> batches;
std::optional<Guarded> guarded;
std::atomic<unsigned> double_frees, others;
std::atomic<void*> handed;
void* block;

void found(void*, const Damage& damage) {
  ++(damage.fault == Fault::double_free ? double_frees : others);
}

void* allocate(std::uint64_t serial) {
  Birth birth;
  birth.size = 24;
  birth.serial = serial;
  return guarded->allocate(birth);
}

void free_block(void* freed) {
  const Run* run = Run::current();
  guarded->free(freed, {}, batches[run == nullptr ? 0 : run->thread()]);
}

void prepare(std::size_t threads, std::size_t quarantine_bytes) {
  if (guarded) guarded->close();
  HeapProtocol& protocol = HeapProtocol::fresh();
  for (std::size_t i = 0; i <= threads; ++i) thread_blocks[i] = protocol.attach();
  for (QuarantineBatch& batch : batches) batch = {};
  double_frees = others = 0;
  handed = nullptr;
  guarded.emplace(Source(protocol.heap(), OwnBlock{&thread_blocks}), DamageSink{nullptr, &found});
  check(guarded->open({.quarantine_bytes = quarantine_bytes}), "no guard heap");
  block = allocate(1);
}

void expect_all_out() {
  check(others == 0, "damage where there is none");
  for (QuarantineBatch& batch : batches) guarded->hand_over(batch);
  for (QuarantineBatch& batch : batches)
    while (batch.left < batch.leaving_count) guarded->hand_over(batch);
  guarded->drain();
  check(guarded->quarantine().count() == 0 && guarded->quarantine().bytes() == 0,
        "quarantine is not empty");
}

TEST(GuardSchedules, KnowsTheFirstOfTwoFrees) {
  expect_clean({[] { prepare(2, 1024); },
                {[] { free_block(block); }, [] { free_block(block); }},
                [] {
                  check(double_frees == 1, "not one of two frees is the second");
                  expect_all_out();
                }},
               {.bound = 4});
}

TEST(GuardSchedules, FindsABlockThatComesWhole) {
  // Another thread is told of it the weakest way there is.
  expect_clean({[] { prepare(2, 1024); },
                {[] { handed.store(allocate(7), std::memory_order_relaxed); },
                 [] {
                   void* seen = handed.load(std::memory_order_relaxed);
                   if (seen == nullptr) return;
                   BlockFacts facts;
                   if (!guarded->find(reinterpret_cast<Address>(seen), facts)) return;
                   check(facts.serial == 7 && facts.size == 24, "a record half written");
                   std::size_t size = 0;
                   check(
                       guarded->requested_size(reinterpret_cast<Address>(seen), size) && size == 24,
                       "no size");
                 }},
                [] { expect_all_out(); }},
               {.bound = 4});
}

TEST(GuardSchedules, KnowsTheSizeOfABlockThatJustCame) {
  expect_clean({[] { prepare(2, 1024); },
                {[] { handed.store(allocate(7), std::memory_order_relaxed); },
                 [] {
                   void* seen = handed.load(std::memory_order_relaxed);
                   std::size_t size = 24;
                   if (seen != nullptr)
                     guarded->requested_size(reinterpret_cast<Address>(seen), size);
                   check(size == 24, "another size");
                 }},
                [] { expect_all_out(); }},
               {.bound = 4});
}

TEST(GuardSchedules, FreesABlockThatJustCame) {
  // It may be told that there is no such block, but not free one whose guards it cannot see yet.
  expect_clean({[] { prepare(2, 1024); },
                {[] { handed.store(allocate(7), std::memory_order_relaxed); },
                 [] {
                   if (void* seen = handed.load(std::memory_order_relaxed)) free_block(seen);
                 }},
                [] {
                  others = 0;
                  expect_all_out();
                }},
               {.bound = 3});
}

TEST(GuardSchedules, ChecksABlockThatGoes) {
  // The poison must stand there once the block says that it is freed.
  expect_clean(
      {[] { prepare(2, 1024); },
       {[] { free_block(block); }, [] { guarded->check_block(reinterpret_cast<Address>(block)); }},
       [] { expect_all_out(); }},
      {.bound = 4});
}

TEST(GuardSchedules, ChecksABlockThatIsReused) {
  // Nothing stays in quarantine: the block goes, and another comes to lie there.
  expect_clean({[] { prepare(2, 0); },
                {[] {
                   free_block(block);
                   guarded->hand_over(batches[1]);
                   block = allocate(2);
                 },
                 [at = &block] {
                   std::size_t checked = 0;
                   (void)at;
                   guarded->check_all(checked);
                 }},
                [] { expect_all_out(); }},
               {.bound = 2});
}

// ---- the quarantine alone ----

Quarantine* quarantine;
std::array<unsigned, 64> left;

void count(QuarantineEntry entry) {
  ++left[entry.block() / 16];
}

TEST(QuarantineSchedules, LetsEachBlockOutOnce) {
  static std::array<QuarantineBatch, 3> own;
  const auto hand_over = [](std::size_t thread) {
    return [thread] {
      for (std::size_t i = 1; i <= 3; ++i) own[thread].add({16 * (8 * thread + i), 32});
      quarantine->take_in(own[thread], count);
      for (; own[thread].left < own[thread].leaving_count; ++own[thread].left)
        count(own[thread].leaving[own[thread].left]);
    };
  };
  static std::optional<Quarantine> only;
  static constexpr std::size_t kThree = 3 * QuarantineEntry(16, 32).held_bytes();
  expect_clean({[] {
                  if (only) only->close();
                  quarantine = &only.emplace();
                  own = {};
                  left = {};
                  check(quarantine->open(kThree, 32), "no quarantine");
                },
                {hand_over(0), hand_over(1), hand_over(2)},
                [] {
                  check(quarantine->bytes() <= kThree, "more waits than may");
                  quarantine->drain(count);
                  for (std::size_t thread = 0; thread < 3; ++thread)
                    for (std::size_t i = 1; i <= 3; ++i)
                      check(left[8 * thread + i] == 1, "a block did not leave once");
                }});
}

}  // namespace
}  // namespace arenite::schedule
