// SPDX-License-Identifier: MIT
// clang-format off
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "heap/heap.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"

TEST(HeapProgram, sample) {
  using Pages = arenite::FaultyPages<arenite::FakePages>;
  using Geometry = arenite::Tiny;
  arenite::FakeMemory memory(Geometry::kPageBytes);
  arenite::FaultPlan faults{.first = 9, .length = 1};
  arenite::Heap<arenite::HeapConfig<Geometry, Pages>> heap(
      Pages(arenite::FakePages(memory), faults));
  void* block[32] = {};
  arenite::ThreadBlock thread[8] = {}, current = 0;
  if (!heap.open(262144)) return;
  if (!thread[0]) thread[0] = heap.attach(1);
  if (!current) current = thread[0];
  if (!thread[1]) thread[1] = heap.attach(2);
  if (!current) current = thread[1];
  if (!block[0]) block[0] = heap.allocate(current, 63);
  if (!block[1]) block[1] = heap.allocate_zeroed(current, 4097);
  if (!block[2]) block[2] = heap.allocate_aligned(current, 256, 9);
  if (void* moved = block[1] ? heap.reallocate(current, block[1], 18432) : nullptr) block[1] = moved;
  for (unsigned i = 8; i < 32; ++i)
    if (!block[i]) block[i] = heap.allocate(current, 30);
  if (thread[1]) heap.free(thread[1], std::exchange(block[2], nullptr));
  if (thread[1]) current = thread[1];
  for (unsigned i = 0; i < 12; i += 2)
    if (19 - i < 32) heap.free(current, std::exchange(block[19 - i], nullptr));
  if (block[0]) std::memset(block[0], 1, heap.usable_size(block[0]));
  // all contents are checked here
  // the audit runs here
  if (thread[0]) heap.detach(thread[0]);
  if (current == thread[0]) current = 0;
  thread[0] = 0;
  for (arenite::ThreadBlock one : thread) current = current ? current : one;
  if (!thread[3]) thread[3] = heap.attach(4, arenite::ThreadState::diverted);
  if (!current) current = thread[3];
  heap.hand_back_all(current);
  faults.first = faults.asked + 1;
  faults.length = 1;
  heap.trim(current);
  if (block[0]) { EXPECT_DEATH(heap.usable_size(static_cast<char*>(block[0]) + 1 + 4 % (heap.usable_size(block[0]) - 1)), "interior pointer"); }
  EXPECT_DEATH(heap.free(current, reinterpret_cast<void*>(heap.root().range.address + heap.root().range.committed + 0)), "foreign pointer");
  EXPECT_DEATH(heap.reallocate(current, reinterpret_cast<void*>(heap.root().arenas.address + 8), 1), "foreign pointer");
  heap.free(current, std::exchange(block[0], nullptr));
  heap.free(current, nullptr);
  heap.close();
  std::fill(std::begin(block), std::end(block), nullptr);
  std::fill(std::begin(thread), std::end(thread), 0);
  current = 0;
  if (!heap.open(262144)) return;
  if (!thread[0]) thread[0] = heap.attach(1);
  if (!current) current = thread[0];
  if (!thread[1]) thread[1] = heap.attach(2);
  if (!current) current = thread[1];
  if (!block[5]) block[5] = heap.allocate(current, 6144);
  // current is to be a diverted thread block, unless this is a span
  heap.free(current, block[5]);
  if (block[5]) { EXPECT_DEATH(heap.free(current, block[5]), "double free"); }
  block[5] = nullptr;
  if (!block[6]) block[6] = heap.allocate(current, 1);
  heap.free(current, block[6]);
  EXPECT_DEATH((heap.free(current, block[6]), heap.hand_back_all(current)), "double free");
  block[6] = nullptr;
  faults = {};
  for (void*& one : block) heap.free(current, std::exchange(one, nullptr));
  for (arenite::ThreadBlock one : thread)
    if (one) heap.detach(one);
  EXPECT_EQ(heap.root().used_pools, 0u);
  heap.close();
}
