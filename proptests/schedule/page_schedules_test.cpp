// SPDX-License-Identifier: MIT
// The page-guard heap: of two frees of a block one is the first, records are read whole, stretches
// are reused by one block at a time, checks and frees wait for each other.
#include <cstring>
#include <optional>

#include "debug/guard/page_heap.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

/// A kernel that lets everybody do everything.
struct OpenKernel {
  static constexpr std::size_t kBytes = std::size_t{4} << 20;
  alignas(kPageBytes) inline static std::byte memory[2][kBytes];
  inline static unsigned reserved = 0;

  static PageCalls table() {
    PageCalls calls;
    calls.reserve = [](void*, std::size_t bytes) {
      return bytes > kBytes || reserved == 2 ? Address{0}
                                             : reinterpret_cast<Address>(memory[reserved++]);
    };
    calls.release = [](void*, Address, std::size_t) { --reserved; };
    calls.protect = [](void*, Address, std::size_t, bool) { return true; };
    calls.advise = [](void*, Address, std::size_t, PageCalls::Advice) { return true; };
    calls.unlock = [](void*, Address, std::size_t) {};
    calls.watch = [](void*, Address, std::size_t) { return false; };
    calls.supply = [](void*, Address, const void*) { return false; };
    calls.move = [](void*, Address, Address) { return false; };
    calls.watching = [](void*) { return false; };
    calls.renew = [](void*) { return false; };
    calls.mapping_limit = [](void*) { return std::size_t{65536}; };
    return calls;
  }
};

std::optional<PageHeap> heap;
Address block;
std::atomic<Address> handed;
std::atomic<unsigned> intact, late;

Address allocate(std::uint64_t serial) {
  Decline why;
  return reinterpret_cast<Address>(
      heap->allocate({24, 0, false, Family::malloc, serial, 5, 1}, why));
}

void free_block(Address at) {
  BlockFacts facts;
  SlackDamage damage;
  const ClaimVerdict verdict = heap->claim(at, facts, damage);
  if (verdict == ClaimVerdict::intact) {
    ++intact;
    heap->free(at, 9, 2);
  } else {
    check(verdict == ClaimVerdict::freed_already, "damaged, or no block");
    ++late;
  }
}

void prepare() {
  // What an earlier run wrote in tables and pages.
  OpenKernel::reserved = 0;
  std::memset(OpenKernel::memory[0], 0, 256 << 10);
  heap.emplace();
  PageHeapSettings settings;
  settings.reservation_bytes = std::size_t{2} << 20;
  settings.memory_bytes = std::size_t{1} << 20;
  settings.quarantine_blocks = 0;
  settings.may_move = settings.may_mark = false;
  check(heap->open(settings, OpenKernel::table()), "no page heap");
  handed = 0;
  intact = late = 0;
  block = allocate(1);
}

TEST(PageSchedules, KnowsTheFirstOfTwoFrees) {
  const auto free_it = [] { free_block(block); };
  expect_clean({prepare, {free_it, free_it}, [] { check(intact == 1 && late == 1, "not once"); }},
               {.bound = 2});
}

TEST(PageSchedules, ReadsRecordsWhole) {
  // The stretch is reused at once, by a block of another serial.
  expect_clean({prepare,
                {[] {
                   free_block(block);
                   allocate(2);
                 },
                 [] {
                   BlockFacts facts;
                   if (!heap->find(block, facts)) return;
                   check(facts.serial != 1 || facts.freed == 0 || facts.state == BlockState::freed,
                         "half of one record and half of another");
                   check(facts.serial != 2 || facts.freed == 0, "a new block that was freed");
                 }},
                [] {}},
               {.bound = 2});
}

TEST(PageSchedules, FindsWhatIsCarvedMeanwhile) {
  expect_clean({prepare,
                {[] { handed.store(allocate(2), std::memory_order_relaxed); },
                 [] {
                   const Address seen = handed.load(std::memory_order_relaxed);
                   BlockFacts facts;
                   if (seen != 0 && heap->find(seen, facts))
                     check(facts.serial == 1 || facts.serial == 2, "a record of nobody");
                 }},
                [] {}},
               {.bound = 2});
}

TEST(PageSchedules, ChecksAndFreesInTurn) {
  expect_clean({prepare,
                {[] { free_block(block); },
                 [] {
                   heap->check([](void*, const BlockFacts&,
                                  const SlackDamage&) { check(false, "damage in an open page"); },
                               nullptr);
                 }},
                [] { check(intact == 1, "not freed"); }},
               {.bound = 2});
}

TEST(PageSchedules, GivesEachStretchToOne) {
  static std::array<Address, 2> own;
  const auto take = [](std::size_t index) {
    return [index] {
      own[index] = allocate(2 + index);
      *reinterpret_cast<std::uint64_t*>(own[index]) = index;
    };
  };
  expect_clean({prepare,
                {take(0), take(1), [] { free_block(block); }},
                [] { check(own[0] != own[1], "one stretch, two blocks"); }},
               {.bound = 1});
}

}  // namespace
}  // namespace arenite::schedule
