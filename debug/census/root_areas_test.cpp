// SPDX-License-Identifier: MIT
// What of a process's mappings counts as roots.
#include "debug/census/root_areas.hpp"

#include <gtest/gtest.h>

#include "debug/memory/in_process_view.hpp"

namespace arenite {
namespace {

struct NoMemory {
  bool read(Address, void*, std::size_t) const { return false; }
};

ProcessFacts facts_of(const char* maps) {
  ProcessFacts facts;
  take_mappings(maps, facts);
  return facts;
}

constexpr const char* kMaps =
    "1000-2000 r-xp 00000000 00:00 7 /bin/program\n"
    "3000-4000 rw-p 00000000 00:00 7 /bin/program\n"
    "10000-11000 ---p 00000000 00:00 0 \n"
    "11000-20000 rw-p 00000000 00:00 0 \n"
    "30000-90000 rw-p 00000000 00:00 0 \n"
    "a0000-b0000 rw-p 00000000 00:00 0 [stack]\n";

TEST(RootAreas, stacks_count_from_their_stack_pointers_on) {
  ProcessFacts facts = facts_of(kMaps);
  facts.threads = {1, 2};
  facts.contexts = {{1, {}}, {2, {}}};
  facts.contexts[0].registers.rsp = 0xa8000;
  facts.contexts[0].registers.fs_base = 0x30010;
  facts.contexts[1].registers.rsp = 0x18000;
  facts.contexts[1].registers.fs_base = 0x1f000;
  const NoMemory memory;
  const auto areas = root_areas(memory, facts, {{0x40000, 0x50000}, {0x80000, 0xc0000 - 0x20000}});
  ASSERT_EQ(areas.size(), 5u);
  EXPECT_EQ(areas[0].region.begin, 0x3000u);
  EXPECT_EQ(areas[1].region.begin, 0x18000u - 128);
  EXPECT_EQ(areas[1].kind, RootArea::Kind::stack);
  EXPECT_EQ(areas[1].thread, 2u);
  EXPECT_EQ(areas[2].region.end, 0x40000u);
  EXPECT_EQ(areas[3].region.begin, 0x50000u);
  EXPECT_EQ(areas[3].region.end, 0x80000u);
  EXPECT_EQ(areas[4].region.begin, 0xa8000u - 128);
  EXPECT_EQ(areas[4].thread, 1u);
}

TEST(RootAreas, a_thread_on_another_stack_keeps_its_own_whole) {
  ProcessFacts facts = facts_of(kMaps);
  facts.threads = {2};
  facts.contexts = {{2, {}}};
  facts.contexts[0].registers.rsp = 0x50000;
  facts.contexts[0].registers.fs_base = 0x1f000;
  const NoMemory memory;
  const auto areas = root_areas(memory, facts, {});
  EXPECT_EQ(areas[1].region.begin, 0x11000u);
  EXPECT_EQ(areas[1].kind, RootArea::Kind::stack);
}

TEST(RootAreas, a_core_that_lists_nothing_inaccessible_has_stacks_all_the_same) {
  ProcessFacts facts = facts_of(
      "10000-11000 r--p 00000000 00:00 0 \n"
      "11000-20000 rw-p 00000000 00:00 0 \n"
      "30000-90000 rw-p 00000000 00:00 0 \n"
      "90000-98000 rw-p 00000000 00:00 0 \n");
  facts.threads = {1, 2};
  facts.contexts = {{1, {}}, {2, {}}};
  facts.contexts[0].registers.fs_base = 0x30010;
  facts.contexts[1].registers.rsp = 0x18000;
  facts.contexts[1].registers.fs_base = 0x1f000;
  const NoMemory memory;
  const auto areas = root_areas(memory, facts, {});
  EXPECT_EQ(areas[0].region.begin, 0x18000u - 128);
  EXPECT_EQ(areas[1].kind, RootArea::Kind::memory) << "the control block alone is no stack";
  EXPECT_EQ(areas[2].kind, RootArea::Kind::memory) << "nothing lies before it";
}

/// Memory in which a thread's control block lies.
struct ControlBlock {
  Address at;
  bool read(Address from, void* to, std::size_t bytes) const {
    auto* words = static_cast<Address*>(to);
    for (std::size_t i = 0; i < bytes / 8; ++i) {
      const Address here = from + i * 8;
      words[i] = here == at || here == at + 16 ? at : 0;
    }
    return true;
  }
};

TEST(RootAreas, an_ended_threads_stack_is_told_if_all_threads_are_known) {
  ProcessFacts facts = facts_of(kMaps);
  facts.threads = {1};
  facts.contexts = {{1, {}}};
  facts.contexts[0].registers.rsp = 0xa8000;
  const ControlBlock memory{0x1f700};
  EXPECT_EQ(root_areas(memory, facts, {})[1].kind, RootArea::Kind::ended_stack);
  EXPECT_EQ(root_areas(memory, facts, {})[1].kept_by_libc, 0x1f708u);
  facts.threads = {1, 2};
  EXPECT_EQ(root_areas(memory, facts, {})[1].kind, RootArea::Kind::memory);
  facts.threads = {1};
  const ControlBlock elsewhere{0x12000};
  EXPECT_EQ(root_areas(elsewhere, facts, {})[1].kind, RootArea::Kind::memory);
}

}  // namespace
}  // namespace arenite
