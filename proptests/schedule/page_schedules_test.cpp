// SPDX-License-Identifier: MIT
// The page-guard heap: of two frees of a block one is the first, records are read whole, stretches
// are reused by one block at a time, checks and frees wait for each other. Guarded pages: what is
// done to all of them at once is done to those that were taken in.
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

TEST(PageSchedules, WalksStretchByStretch) {
  // A walk that knows of a stretch and not of its length would take its block for another one.
  static unsigned met;
  const auto meet = [](void*, const BlockFacts& facts) {
    ++met;
    check(round_down(facts.begin, kPageBytes) == facts.outer_begin + kPageBytes, "no stretch");
  };
  expect_clean({prepare,
                {[] { allocate(2); },
                 [meet] {
                   met = 0;
                   heap->each_live(meet, nullptr);
                   check(met == 1 || met == 2, "a block met twice, or not at all");
                 }},
                [] {}},
               {.bound = 3});
}

TEST(PageSchedules, FindsNoStretchOfAnotherLength) {
  // Behind the pages of a stretch it looks at the next one, and has to know where that begins.
  expect_clean({prepare,
                {[] { allocate(2); },
                 [] {
                   BlockFacts facts;
                   if (!heap->find(round_up(block, kPageBytes) + kPageBytes + 1, facts)) return;
                   check(round_down(facts.begin, kPageBytes) == facts.outer_begin + kPageBytes,
                         "no stretch");
                 }},
                [] {}},
               {.bound = 3});
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

/// Bytes of a block and around it, as a report shows them and as the next owner writes them.
volatile char* bytes_of(Address at) {
  return reinterpret_cast<volatile char*>(at);
}
void damage_block() {
  bytes_of(block)[-1] = 0;
}

/// Frees the block whatever is around it; true if nobody else had claimed it.
bool free_damaged() {
  BlockFacts facts;
  SlackDamage damage;
  if (heap->claim(block, facts, damage) == ClaimVerdict::freed_already) return false;
  heap->free(block, 9, 2);
  return true;
}

TEST(PageSchedules, IsLookedAtBeforeItIsAnothers) {
  static unsigned told;
  expect_clean({[] {
                  prepare();
                  damage_block();
                  told = 0;
                },
                {[] {
                   check(free_damaged(), "nobody else wants it");
                   bytes_of(allocate(2))[0] = 1;
                 },
                 [] {
                   const auto show = [](void*, const BlockFacts& facts, const SlackDamage&) {
                     check(facts.serial == 1 && bytes_of(facts.begin)[0] != 1, "another's block");
                     ++told;
                   };
                   heap->check(show, nullptr);
                 }},
                [] { check(told <= 1, "told twice"); }},
               {.bound = 2});
}

TEST(PageSchedules, IsUnclaimedBeforeItIsAnothers) {
  static char seen;
  expect_clean({[] {
                  prepare();
                  damage_block();
                },
                {[] {
                   BlockFacts facts;
                   SlackDamage damage;
                   const ClaimVerdict verdict = heap->claim(block, facts, damage);
                   if (facts.serial != 1 || verdict == ClaimVerdict::freed_already) return;
                   check(verdict == ClaimVerdict::damaged, "damage unseen");
                   seen = bytes_of(block)[0];
                   heap->unclaim(block);
                 },
                 [] {
                   if (free_damaged()) bytes_of(allocate(2))[0] = 1;
                 }},
                [] { check(seen != 1, "another's block"); }},
               {.bound = 2});
}

TEST(PageSchedules, ChecksOneAtATime) {
  static unsigned told;
  static const auto look = [] {
    // Plainly: visits of two checks race here.
    heap->check([](void*, const BlockFacts&, const SlackDamage&) { ++told; }, nullptr);
  };
  expect_clean({[] {
                  prepare();
                  damage_block();
                  block = allocate(2);
                  damage_block();
                  told = 0;
                },
                {look, look},
                [] { check(told == 2 || told == 4, "not told of all damage"); }},
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

/// A kernel that is asked to treat all pages alike that were taken in: whichever it is told of has
/// to be accessible by then.
struct PageState {
  static constexpr std::size_t kPages = 4;
  alignas(kPageBytes) inline static std::byte pages[kPages * kPageBytes];
  inline static bool accessible[kPages];
  inline static bool first_mark;

  static Address page(std::size_t index) {
    return reinterpret_cast<Address>(pages) + index * kPageBytes;
  }
  static void expect_accessible(Address at, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes / kPageBytes; ++i)
      check(accessible[(at - page(0)) / kPageBytes + i], "not accessible yet");
  }
  static PageCalls table() {
    PageCalls calls = OpenKernel::table();
    calls.protect = [](void*, Address at, std::size_t, bool on) {
      return accessible[(at - page(0)) / kPageBytes] = on;
    };
    calls.advise = [](void*, Address at, std::size_t, PageCalls::Advice advice) {
      if (at != page(0) || advice != PageCalls::Advice::mark) return true;
      // Refused once, as what is locked is.
      const bool granted = !first_mark;
      first_mark = false;
      return granted;
    };
    calls.unlock = [](void*, Address at, std::size_t bytes) { expect_accessible(at, bytes); };
    calls.watch = [](void*, Address at, std::size_t bytes) {
      expect_accessible(at, bytes);
      return true;
    };
    calls.move = [](void*, Address, Address) { return true; };
    calls.renew = [](void*) { return true; };
    return calls;
  }
};

std::optional<GuardPages> guard_pages;
MappingAllowance allowance;

void start_pages(GuardKind kind) {
  guard_pages.emplace();
  PageState::first_mark = false;
  std::fill(std::begin(PageState::accessible), std::end(PageState::accessible), false);
  guard_pages->start(PageState::table(), kind, allowance);
  for (std::size_t i = 0; i < 2; ++i)
    check(guard_pages->commit(PageState::page(i), kPageBytes), "not taken in");
}
void take_in_another() {
  check(guard_pages->commit(PageState::page(2), kPageBytes), "not taken in");
}

TEST(GuardPagesSchedules, WatchesAgainWhatIsAccessible) {
  expect_clean(
      {[] { start_pages(GuardKind::moving); },
       {take_in_another,
        [] { check(guard_pages->move(PageState::page(0), PageState::page(1)), "not moved"); }},
       [] {}},
      {.bound = 3});
}

TEST(GuardPagesSchedules, UnlocksWhatIsAccessible) {
  expect_clean({[] { start_pages(GuardKind::marks); },
                {take_in_another,
                 [] {
                   PageState::first_mark = true;
                   check(guard_pages->close(PageState::page(0), kPageBytes), "not marked");
                 }},
                [] {}},
               {.bound = 3});
}

}  // namespace
}  // namespace arenite::schedule
