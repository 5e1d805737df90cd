// SPDX-License-Identifier: MIT
// What someone sees who takes no lock and is no thread of the heap: an audit from outside, and a
// forked child, which finds memory as it was at one moment. Here it is a thread that only looks:
// what counts or marks something is seen after it.
#include "pool/bitmap.hpp"
#include "proptests/schedule/heap_protocol.hpp"
#include "proptests/schedule/protocol_test.hpp"
#include "thread/registry.hpp"
#include "thread/shelves.hpp"

namespace arenite::schedule {
namespace {

constexpr std::uint64_t kBlocks[] = {0x1000, 0x2000, 0x3000, 0x4000};

// ---- an array of a thread ----

alignas(64) std::uint64_t line[8];

BlockArray array() {
  return {reinterpret_cast<Address>(line), 0};
}

void make_array() {
  std::fill(std::begin(line), std::end(line), 0);
  array().set_capacity(std::size(kBlocks));
}

void look_at_array() {
  const BlockArray seen = array();
  const unsigned count = seen.count_seen();
  for (unsigned i = 0; i < count; ++i) check(seen.slot(i) == kBlocks[i], "no such block");
}

TEST(ObserverSchedules, CountsNoPushedBlockThatIsNotThere) {
  expect_clean({make_array,
                {[] {
                   array().push(kBlocks[0]);
                   array().push(kBlocks[1]);
                 },
                 look_at_array},
                [] { check(array().count() == 2, "blocks are lost"); }});
}

TEST(ObserverSchedules, CountsNoCopiedBlockThatIsNotThere) {
  expect_clean({make_array,
                {[] {
                   copy_slots(array().free_slots(), kBlocks, 3);
                   array().set_count(3);
                 },
                 look_at_array},
                [] { check(array().count() == 3, "blocks are lost"); }});
}

// ---- the shelves of a class ----

constexpr SizeClass kClass{0};
HeapRoot<Native> root;
std::uint64_t slots[Tiny::kPageBytes / 2 / 8 + kClassShelves * Tiny::kShelfSlots];

template <unsigned shelf>
void put_and_look() {
  static std::atomic<std::uint32_t>& shelved = root.lists[kClass.value].shelved[shelf];
  expect_clean({[] {
                  root.shelves.address = reinterpret_cast<Address>(slots);
                  root.lists[kClass.value].shelf_room.store(2, std::memory_order_relaxed);
                  for (auto& each : root.lists[kClass.value].shelved)
                    each.store(0, std::memory_order_relaxed);
                  make_array();
                  array().push(kBlocks[0]);
                  array().push(kBlocks[1]);
                },
                {[] { Shelves<Tiny>(root, kClass).put(shelf, array(), 0); },
                 [] {
                   const std::uint32_t count = shelved.load(std::memory_order_acquire);
                   const std::uint64_t* seen = Tables<Tiny>(root).shelf(kClass, shelf, count);
                   for (std::uint32_t i = 0; i < count; ++i)
                     check(seen[i] == kBlocks[i], "no such block");
                 }},
                [] { check(shelved.load(std::memory_order_relaxed) == 2, "blocks are lost"); }});
}

TEST(ObserverSchedules, CountsNoShelvedBlockThatIsNotThere) {
  put_and_look<0>();
  put_and_look<1>();
}

// ---- a pool's bitmap ----

TEST(ObserverSchedules, MissesNoBlockThatIsNotNoted) {
  static BitmapWord<Native> word;
  static std::uint64_t noted;
  expect_clean(
      {[] {
         noted = 0;
         FreeBitmap(&word, 4).fill();
       },
       {[] { FreeBitmap(&word, 4).take(2, 1, [](unsigned, std::uint64_t bits) { noted = bits; }); },
        [] {
          const std::uint64_t gone = 0b1111 & ~word.load(std::memory_order_acquire);
          if (gone != 0) check(noted == gone, "blocks are in nobody's hands");
        }},
       [] {}});
}

// ---- the table of threads ----

HeapProtocol* at = nullptr;
ThreadBlock thread;

ThreadBlock first_block() {
  return at->heap().root().threads.address;
}
ThreadState state_of_first() {
  static FakeMemory memory(Tiny::kPageBytes);
  static FakePages pages(memory);
  return ThreadRegistry<Tiny, FakePages>(at->heap().root(), pages).state_of(0);
}

TEST(ObserverSchedules, CountsNoThreadThatHasNoMemory) {
  expect_clean({[] { at = &HeapProtocol::fresh(); },
                {[] { thread = at->attach(); },
                 [] {
                   const std::size_t used =
                       at->heap().root().threads_used.load(std::memory_order_acquire);
                   check(at->heap().root().threads.committed.load(std::memory_order_relaxed) >=
                             used * ThreadLayout<Tiny>::kBytes,
                         "counted too early");
                 }},
                [] { at->heap().detach(thread); }});
}

TEST(ObserverSchedules, CallsNoThreadBlockLiveThatIsNotMade) {
  expect_clean({[] {
                  at = &HeapProtocol::fresh();
                  thread_header(at->attach()).index = 7;
                  at->heap().detach(first_block());
                },
                {[] { thread = at->attach(); },
                 [] {
                   if (state_of_first() == ThreadState::unused) return;
                   check(thread_header(first_block()).index == 0, "not made yet");
                 }},
                [] { at->heap().detach(thread); }});
}

TEST(ObserverSchedules, CallsNoThreadBlockUnusedThatIsNotLeft) {
  static constexpr SizeClass kLast{SizeClasses<Tiny>::kCount - 1};
  expect_clean({[] {
                  at = &HeapProtocol::fresh();
                  thread = at->attach();
                  at->free(thread, at->allocate(thread));
                },
                {[] { at->heap().detach(thread); },
                 [] {
                   if (state_of_first() != ThreadState::unused) return;
                   check(attached_pool(thread, ThreadLayout<Tiny>::kAttachedOffset, kLast) == kNone,
                         "a pool is attached");
                 }},
                [] { at->check_empty(); }});
}

}  // namespace
}  // namespace arenite::schedule
