// SPDX-License-Identifier: MIT
// A2, A4, S1: the arena lists and the words of each arena.
#pragma once

#include <bit>

#include "debug/audit/marks.hpp"
#include "layout/view.hpp"

namespace arenite {

template <MemoryView View>
class ArenaAudit {
 public:
  using Arena = ArenaDescriptor<Remote>;

  explicit ArenaAudit(const AuditContext<View>& context) : context_(context) {}

  void run() {
    for (std::uint32_t list = 0; list < kArenaLists; ++list) walk(list);
    // What could not be read is no evidence of anything.
    lists_complete_ = context_.findings.unreadable_count() == 0;
    for (std::uint32_t i = 0; i < plan().arena_count; ++i) check(i);
    if (context_.findings.unreadable_count() == 0) check_sums();
  }

 private:
  const HeapPlan& plan() const { return context_.plan; }
  Place place(std::uint32_t arena) const { return {Subject::arena, arena, plan().arena(arena)}; }
  void add(Invariant invariant, std::uint32_t arena, const Message& message) {
    context_.findings.add(invariant, place(arena), message);
  }
  bool read(std::uint32_t index, Arena& arena) {
    if (read_object(context_.view, plan().arena(index), arena)) return true;
    context_.findings.unreadable(plan().arena(index));
    return false;
  }

  /// Ends at the first arena it has met before, so after as many steps as there are arenas.
  void walk(std::uint32_t list) {
    std::uint32_t previous = kNone;
    for (std::uint32_t i = plan().root.arena_lists[list]; i != kNone;) {
      Arena arena;
      if (i >= plan().arena_count) {
        context_.findings.add(Invariant::A2, {Subject::root, list, plan().root_address},
                              Message{} << "the list of arenas with " << list
                                        << " free pools leads to arena " << i << ", of "
                                        << plan().arena_count);
        return;
      }
      if (!context_.marks.meet_arena(i))
        return add(Invariant::A2, i,
                   Message{} << "met a second time, in the list for " << list << " free pools");
      if (!read(i, arena)) return;
      if (arena.previous != previous)
        add(Invariant::A2, i,
            Message{} << "the link back is " << arena.previous << ", not " << previous);
      const unsigned free = static_cast<unsigned>(std::popcount(arena.free_pools));
      if (free != list)
        add(Invariant::A2, i,
            Message{} << "has " << free << " free pools but is in the list for " << list);
      previous = i;
      i = arena.next;
    }
  }

  void check(std::uint32_t index) {
    Arena arena;
    if (!read(index, arena)) return;
    if (lists_complete_ && !context_.marks.arena_met(index))
      add(Invariant::A2, index, Message{} << "is in no list");
    check_word(index, arena.dirty_pools & ~arena.free_pools, "dirty but not free");
    check_word(index, arena.decommitted_pools & ~arena.free_pools, "decommitted but not free");
    check_word(index, arena.dirty_pools & arena.decommitted_pools, "both dirty and decommitted");
    free_pools_ += static_cast<unsigned>(std::popcount(arena.free_pools));
    dirty_pools_ += static_cast<unsigned>(std::popcount(arena.dirty_pools));
  }

  void check_word(std::uint32_t index, std::uint64_t wrong, const char* what) {
    if (wrong != 0)
      add(Invariant::A4, index, Message{} << "pools " << Hex{wrong} << " of it are " << what);
  }

  void check_sums() {
    const auto check = [this](const char* what, std::uint64_t said, std::uint64_t counted) {
      if (said != counted)
        context_.findings.add(
            Invariant::S1, {Subject::root, said - counted, plan().root_address},
            Message{} << what << ": the root says " << said << ", the arenas have " << counted);
    };
    check("dirty pools", plan().root.dirty_pools, dirty_pools_);
    check("pools in use", plan().root.used_pools, plan().pool_count - free_pools_);
  }

  const AuditContext<View>& context_;
  std::uint64_t free_pools_ = 0;
  std::uint64_t dirty_pools_ = 0;
  bool lists_complete_ = false;
};

}  // namespace arenite
