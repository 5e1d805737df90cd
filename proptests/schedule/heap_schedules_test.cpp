// SPDX-License-Identifier: MIT
// Whole heaps under all schedules: blocks that come back from other threads, pools that change
// hands, threads that come and go, pages that go back, fork. After each run the audit finds
// nothing; P7 there is that no pool with free blocks is lost. Diverted threads have no arrays, so
// that each operation works on bitmaps and lists.
#include <vector>

#include "proptests/schedule/heap_protocol.hpp"
#include "proptests/schedule/protocol_test.hpp"

namespace arenite::schedule {
namespace {

using State = ThreadState;

HeapProtocol* at = nullptr;
std::array<ThreadBlock, kMostThreads> threads;
std::array<void*, 16> blocks;

/// A heap with these threads attached, the first of which holds `count` blocks.
void prepare(std::size_t thread_count, std::size_t count, State state = State::diverted,
             std::size_t size = HeapProtocol::kLargest) {
  at = &HeapProtocol::fresh();
  blocks = {};
  for (std::size_t i = 0; i < thread_count; ++i) threads[i] = at->attach(state);
  for (std::size_t i = 0; i < count; ++i) blocks[i] = at->allocate(threads[0], size);
}

void free_block(std::size_t thread, std::size_t block, std::size_t size = HeapProtocol::kLargest) {
  at->free(threads[thread], std::exchange(blocks[block], nullptr), size);
}
void allocate_block(std::size_t thread, std::size_t block,
                    std::size_t size = HeapProtocol::kLargest) {
  blocks[block] = at->allocate(threads[thread], size);
}

void audit() {
  check_heap(at->heap().root());
}

/// Everything goes back, and nothing may be left.
void empty(std::size_t size = HeapProtocol::kLargest) {
  audit();
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (blocks[i] != nullptr) free_block(0, i, size);
  for (ThreadBlock& thread : threads)
    if (thread != 0) at->heap().detach(std::exchange(thread, 0));
  at->check_empty();
}

// ---- blocks that come back from another thread ----

TEST(HeapSchedules, FreesIntoAPoolThatIsBeingLeft) {
  // The pool is full; its owner looks for another while the blocks of this one come back.
  expect_clean({[] { prepare(2, 4); },
                {[] { allocate_block(0, 4); },
                 [] {
                   free_block(1, 0);
                   free_block(1, 1);
                 }},
                [] { empty(); }});
}

TEST(HeapSchedules, ClosesAPoolThatCameBackWholeBeforeItWasLeft) {
  // The owner finds nothing in its pool; before it leaves it, all its blocks come back, from one
  // who sees it attached still.
  expect_clean({[] { prepare(2, 4); },
                {[] { allocate_block(0, 4); },
                 [] {
                   for (std::size_t i = 0; i < 4; ++i) free_block(1, i);
                 }},
                [] { empty(); }},
               {.bound = 2});
}

TEST(HeapSchedules, ListsNoPoolThatWasEmptiedMeanwhile) {
  // One thread has given a block back to the full pool and is to list it; meanwhile the other lists
  // it, takes what came back, and leaves it full again.
  expect_clean({[] { prepare(2, 8); },
                {[] { free_block(1, 0); },
                 [] {
                   free_block(0, 1);
                   for (std::size_t i = 8; i < 11; ++i) allocate_block(0, i);
                 }},
                [] { empty(); }},
               {.bound = 2});
}

TEST(HeapSchedules, FreesIntoAPoolItsOwnerTakesFrom) {
  expect_clean({[] { prepare(2, 2); },
                {[] {
                   allocate_block(0, 4);
                   allocate_block(0, 5);
                 },
                 [] {
                   free_block(1, 0);
                   free_block(1, 1);
                 }},
                [] { empty(); }});
}

TEST(HeapSchedules, FreesIntoAFullPoolFromTwoThreads) {
  // Both may see the full pool and want to list it; it is listed once.
  expect_clean({[] { prepare(3, 5); },
                {[] { free_block(1, 0); }, [] { free_block(2, 1); }, [] { allocate_block(0, 5); }},
                [] { empty(); }});
}

TEST(HeapSchedules, GivesBackAPoolOnce) {
  // The last blocks of a listed pool come back from two threads, while a third wants one.
  expect_clean({[] {
                  prepare(3, 5);
                  free_block(0, 0);
                  free_block(0, 1);
                },
                {[] { free_block(1, 2); }, [] { free_block(2, 3); }, [] { allocate_block(0, 5); }},
                [] { empty(); }});
}

TEST(HeapSchedules, HandsEachBlockOutOnce) {
  expect_clean({[] { prepare(2, 3); },
                {[] {
                   free_block(0, 0);
                   allocate_block(0, 4);
                 },
                 [] {
                   free_block(1, 1);
                   allocate_block(1, 5);
                 }},
                [] { empty(); }});
}

TEST(HeapSchedules, ServesThreeThreadsThatTakeAndGive) {
  expect_clean({[] { prepare(3, 4); },
                {[] {
                   allocate_block(0, 4);
                   free_block(0, 4);
                 },
                 [] { free_block(1, 1); }, [] { allocate_block(2, 6); }},
                [] { empty(); }},
               {.bound = 2});
}

TEST(HeapSchedules, TellsAPoolOfAnotherClassBeforeItListsIt) {
  // One thread has seen the full pool and is to list it; meanwhile the other empties it, leaves it
  // full again as a pool of another class, and gives one of those blocks back.
  expect_clean({[] { prepare(2, 9, State::diverted, 256); },
                {[] { free_block(1, 0, 256); },
                 [] {
                   for (std::size_t i = 1; i < 8; ++i) free_block(0, i, 256);
                   for (std::size_t i = 9; i < 14; ++i) allocate_block(0, i);
                   free_block(0, 9);
                 }},
                [] {
                  free_block(0, 8, 256);
                  empty();
                }},
               {.bound = 3});
}

TEST(HeapSchedules, ReusesAPoolOfTwoWordsAfterItsLastUsers) {
  // The last blocks lie in different words of the bitmap; whoever gives the pool back passes on
  // what both users did.
  static void* whole;
  whole = nullptr;
  expect_clean({[] {
                  prepare(3, 1, State::diverted, 16);
                  std::array<void*, 128> rest;
                  for (void*& each : rest) each = at->allocate(threads[0], 16);
                  for (std::size_t i = 0; i < 128; ++i)
                    if (i != 100) at->free(threads[0], rest[i], 16);
                  blocks[1] = rest[100];
                },
                {[] { free_block(1, 0, 16); }, [] { free_block(2, 1, 16); },
                 [] {
                   whole = at->allocate(threads[0], Tiny::kPoolBytes);
                   // Plainly, all of it: a former user who is not known to be through races here.
                   for (std::size_t i = 0; i < Tiny::kPoolBytes / 8; ++i)
                     static_cast<volatile Address*>(whole)[i] = i;
                 }},
                [] {
                  at->heap().free(threads[0], whole);
                  empty(16);
                }},
               {.bound = 2});
}

// ---- arrays ----

TEST(HeapSchedules, HandsFullArraysBack) {
  // Each thread's array overflows with blocks of the other's pool.
  expect_clean({[] {
                  prepare(2, 14, State::live);
                  for (std::size_t i = 0; i < 7; ++i) free_block(1, i);
                },
                {[] {
                   for (std::size_t i = 7; i < 11; ++i) free_block(1, i);
                 },
                 [] {
                   allocate_block(0, 14);
                   for (std::size_t i = 11; i < 14; ++i) free_block(0, i);
                   free_block(0, 14);
                 }},
                [] { empty(); }});
}

// ---- threads that come and go ----

/// Of a thread's array for the smallest blocks.
constexpr std::size_t kSlots = SizeClasses<Tiny>::kFacts[0].slots;

std::uint32_t on_shelves() {
  const ClassList<Native>& list = at->heap().root().lists[0];
  return list.shelved[0].load() + list.shelved[1].load();
}

TEST(HeapSchedules, HandsBlocksOverTheShelf) {
  // One thread's array overflows onto the shelf while another's refill takes from there; the first
  // to put finds the table inaccessible.
  constexpr std::size_t kSize = 16;
  expect_clean({[] {
                  prepare(2, 10, State::live, kSize);
                  at->heap().root().lists[0].shelf_room.store(16);
                  for (std::size_t i = 0; i < kSlots; ++i) free_block(1, i, kSize);
                  check(on_shelves() == 0, "the array overflowed");
                },
                {[] {
                   free_block(1, kSlots, kSize);
                   free_block(1, kSlots + 1, kSize);
                 },
                 [] {
                   for (std::size_t i = 10; i < 16; ++i) allocate_block(0, i, kSize);
                 }},
                [] { empty(kSize); }});
}

TEST(HeapSchedules, ClearsTheShelfWhileItIsUsed) {
  constexpr std::size_t kSize = 16;
  expect_clean({[] {
                  prepare(2, 10, State::live, kSize);
                  at->heap().root().lists[0].shelf_room.store(16);
                  for (std::size_t i = 0; i < 9; ++i) free_block(1, i, kSize);
                },
                {[] { at->heap().hand_back_all(threads[1]); },
                 [] {
                   for (std::size_t i = 10; i < 16; ++i) allocate_block(0, i, kSize);
                 }},
                [] { empty(kSize); }});
}

TEST(HeapSchedules, LeavesBlocksOnTheShelfForWhoAsksMeanwhile) {
  constexpr std::size_t kSize = 16;
  expect_clean({[] {
                  prepare(2, 4, State::live, kSize);
                  at->heap().root().lists[0].shelf_room.store(16);
                  for (std::size_t i = 0; i < 4; ++i) free_block(1, i, kSize);
                },
                {[] { at->heap().detach(std::exchange(threads[1], 0)); },
                 [] {
                   for (std::size_t i = 4; i < 9; ++i) allocate_block(0, i, kSize);
                 }},
                [] { empty(kSize); }});
}

TEST(HeapSchedules, LastOfTwoThreadsToGoClearsTheShelf) {
  constexpr std::size_t kSize = 16;
  expect_clean({[] {
                  prepare(2, 4, State::live, kSize);
                  at->heap().root().lists[0].shelf_room.store(16);
                  for (std::size_t i = 0; i < 4; ++i) free_block(i % 2, i, kSize);
                },
                {[] { at->heap().detach(std::exchange(threads[0], 0)); },
                 [] { at->heap().detach(std::exchange(threads[1], 0)); }},
                [] { at->check_empty(); }});
}

TEST(HeapSchedules, GivesEachThreadABlockOfItsOwn) {
  static std::array<std::uint32_t, 3> users;
  const auto come_and_go = [](std::size_t own) {
    return [own] {
      const ThreadBlock mine = at->heap().attach(own, State::live);
      check(mine != 0, "no thread block");
      // Plainly: two threads with one block race here.
      thread_header(mine).reserved[0] = static_cast<std::uint32_t>(own);
      void* block = at->allocate(mine, 16);
      check(thread_header(mine).reserved[0] == own, "a thread block with two threads");
      at->free(mine, block, 16);
      at->heap().detach(mine);
      ++users[own];
    };
  };
  const auto nothing = [] { prepare(0, 0); };
  const auto end = [] { empty(); };
  expect_clean({nothing, {come_and_go(0), come_and_go(1)}, end}, {.bound = 2});
  expect_clean({nothing, {come_and_go(0), come_and_go(1), come_and_go(2)}, end}, {.bound = 1});
}

TEST(HeapSchedules, LetsAThreadGoWhileItsBlocksComeBack) {
  expect_clean({[] { prepare(2, 3, State::live); },
                {[] { at->heap().detach(std::exchange(threads[0], 0)); },
                 [] {
                   free_block(1, 0);
                   free_block(1, 1);
                 }},
                [] {
                  threads[0] = at->attach();
                  empty();
                }});
}

TEST(HeapSchedules, LetsAnotherThreadAdoptThePool) {
  // One thread ends, a second wants blocks of its class, a third frees one.
  expect_clean({[] { prepare(3, 2); },
                {[] { at->heap().detach(std::exchange(threads[0], 0)); },
                 [] { allocate_block(1, 4); }, [] { free_block(2, 0); }},
                [] {
                  threads[0] = at->attach();
                  empty();
                }});
}

// ---- pools and spans that come and go ----

TEST(HeapSchedules, GivesPagesBackWhileOthersRefill) {
  // Three dirty pools are one more than Tiny keeps; with some schedules there are three.
  static std::uint64_t decommits;
  decommits = 0;
  expect_clean({[] {
                  prepare(2, 16);
                  for (std::size_t i = 0; i < 11; ++i) free_block(0, i);
                },
                {[] { free_block(0, 11); },
                 [] {
                   allocate_block(1, 0, 256);
                   free_block(1, 0, 256);
                 }},
                [] {
                  decommits += at->heap().root().decommits.load();
                  empty();
                }});
  EXPECT_NE(decommits, 0u);
}

TEST(HeapSchedules, TrimsWhileSpansComeAndGo) {
  static void* span;
  expect_clean({[] {
                  prepare(2, 2);
                  span = at->allocate(threads[0], Tiny::kPoolBytes * 2);
                },
                {[] {
                   at->free(threads[0], span);
                   span = at->allocate(threads[0], Tiny::kPoolBytes);
                 },
                 [] { at->heap().trim(threads[1]); }},
                [] {
                  at->free(threads[0], span);
                  empty();
                }});
}

TEST(HeapSchedules, TrimsPagesBetweenBlocksThatComeAndGo) {
  // Of the first pool's four pages three are free when the trim looks. The other thread, whose own
  // pool is full, wants a block of it meanwhile; what it was given stays as it wrote it.
  static std::uint64_t decommits;
  decommits = 0;
  expect_clean({[] {
                  prepare(2, 8);
                  for (std::size_t i = 1; i < 4; ++i) free_block(0, i);
                },
                {[] {
                   allocate_block(0, 8);
                   free_block(0, 0);
                 },
                 [] { at->heap().trim(threads[1]); }},
                [] {
                  decommits += at->heap().root().decommits.load();
                  empty();
                }});
  EXPECT_NE(decommits, 0u);
}

TEST(HeapSchedules, RefusesPagesToWhomeverAsksThen) {
  // The second of the requests fails, whoever makes it.
  expect_clean({[] {
                  prepare(2, 16);
                  for (std::size_t i = 0; i < 8; ++i) free_block(0, i);
                  at->faults().first = at->faults().asked + 1;
                },
                {[] {
                   for (std::size_t i = 8; i < 12; ++i) free_block(0, i);
                 },
                 [] { at->heap().trim(threads[1]); }},
                [] { empty(); }},
               {.bound = 2});
}

// ---- fork ----

/// The first thread forks at some moment of what the second does; the child goes on.
void expect_child_clean(void (*before)(), void (*other)()) {
  expect_clean({before,
                {[] {
                   at->heap().lock_all();
                   stop();
                 },
                 other},
                [] {
                  at->heap().after_fork_in_child(threads[0]);
                  audit();
                  // It goes on to serve.
                  allocate_block(0, 15);
                  free_block(0, 15);
                  at->heap().hand_back_all(threads[0]);
                  audit();
                }});
}

TEST(HeapSchedules, ForksWhileAThreadRefills) {
  expect_child_clean([] { prepare(2, 0, State::live); },
                     [] { at->heap().allocate(threads[1], 512); });
}

TEST(HeapSchedules, ForksWhileAThreadHandsBack) {
  expect_child_clean(
      [] {
        prepare(2, 14, State::live);
        for (std::size_t i = 0; i < 7; ++i) free_block(1, i);
      },
      [] {
        free_block(1, 7);
        free_block(1, 8);
      });
}

TEST(HeapSchedules, ForksWhileAThreadGoes) {
  expect_child_clean([] { prepare(2, 3, State::live); }, [] { at->heap().detach(threads[1]); });
}

}  // namespace
}  // namespace arenite::schedule
