// SPDX-License-Identifier: MIT
// A walk over everything in a heap's arenas, through a MemoryView: each pool once, in ascending
// order, with the states of its blocks. Bounded by the heap's tables; what cannot be read or makes
// no sense is shown as unclear and counted. Allocates nothing from any heap; one thread.
//
//   BlockWalk<View> walk(view, plan);
//   if (walk.had()) walk.each_pool([](const WalkedPool& pool) { ... });
#pragma once

#include <array>

#include "debug/blocks/held_blocks.hpp"
#include "debug/blocks/walked_pool.hpp"
#include "layout/view.hpp"

namespace arenite {

template <MemoryView View>
class BlockWalk {
 public:
  /// Reads the thread arrays. Requires: the plan is of a heap whose audit was complete; both
  /// outlive this.
  BlockWalk(const View& view, const HeapPlan& plan) : view_(view), plan_(plan), held_(plan) {
    if (held_.had()) held_.gather(view);
  }

  /// Whether there was memory to work in.
  bool had() const { return held_.had(); }
  /// Pools that were shown as unclear by the last walk.
  std::uint32_t unclear() const { return unclear_; }

  /// Calls `visit(const WalkedPool&)`; a span counts as one pool. The pool is valid during the
  /// call.
  template <class Visit>
  void each_pool(Visit visit) {
    unclear_ = kept_end_ = 0;
    std::uint32_t next = 0;
    while (next < plan_.pool_count) {
      const std::uint32_t arena = next / kArenaPools;
      const bool readable = load(arena);
      while (next < (arena + 1) * kArenaPools) {
        look(next, readable);
        if (pool_.use == PoolUse::unclear) ++unclear_;
        visit(static_cast<const WalkedPool&>(pool_));
        next += pool_.pools;
      }
    }
  }

 private:
  using Pool = PoolDescriptor<Remote>;

  bool load(std::uint32_t arena) {
    return read_object(view_, plan_.arena(arena), arena_) &&
           read_object(view_, plan_.pool(arena * kArenaPools), pools_);
  }

  void look(std::uint32_t index, bool readable) {
    pool_.index = index;
    pool_.pools = 1;
    pool_.use = PoolUse::unclear;
    pool_.capacity = pool_.carved = pool_.words = pool_.live = pool_.free = pool_.held = 0;
    pool_.block_bytes = 0;
    pool_.begin = plan_.user(index);
    if (!readable) return;
    const Pool& descriptor = pools_[index % kArenaPools];
    const std::uint64_t bit = std::uint64_t{1} << (index % kArenaPools);
    if ((arena_.free_pools & bit) != 0)
      pool_.use = (arena_.dirty_pools & bit) != 0         ? PoolUse::dirty
                  : (arena_.decommitted_pools & bit) != 0 ? PoolUse::decommitted
                                                          : PoolUse::untouched;
    else if (descriptor.state == PoolState::span)
      look_at_span(descriptor);
    else if (is_kept(descriptor))
      pool_.use = PoolUse::dirty;
    else if (use_of(descriptor.state) != PoolUse::unclear)
      look_at_blocks(descriptor);
  }

  /// Whether it is one of a freed span that a thread keeps, each pool of which counts as free.
  bool is_kept(const Pool& descriptor) {
    if (descriptor.state == PoolState::kept) kept_end_ = pool_.index + descriptor.span_pools;
    return pool_.index < kept_end_;
  }

  static PoolUse use_of(PoolState state) {
    return state == PoolState::attached ? PoolUse::attached
           : state == PoolState::listed ? PoolUse::listed
           : state == PoolState::full   ? PoolUse::full
                                        : PoolUse::unclear;
  }

  void look_at_span(const Pool& descriptor) {
    const std::uint32_t pools = descriptor.span_pools;
    const std::uint64_t bytes = std::uint64_t{pools} * plan_.root.pool_bytes;
    if (pools == 0 || pools > plan_.pool_count - pool_.index || descriptor.span_bytes > bytes)
      return;
    pool_.use = PoolUse::span;
    pool_.pools = pools;
    pool_.block_bytes = descriptor.span_bytes;
    pool_.live = 1;
  }

  void look_at_blocks(const Pool& descriptor) {
    if (descriptor.size_class >= plan_.root.class_count) return;
    const ClassRecord& record = plan_.root.classes[descriptor.size_class];
    const std::uint32_t words = (record.capacity + 63u) / 64;
    if (!view_.read(plan_.bitmap(pool_.index), pool_.free_blocks.data(), words * 8)) return;
    pool_.use = use_of(descriptor.state);
    pool_.size_class = descriptor.size_class;
    pool_.owner = descriptor.owner;
    pool_.capacity = record.capacity;
    pool_.carved = std::min<std::uint32_t>(descriptor.carved, record.capacity);
    pool_.words = words;
    pool_.block_bytes = record.block_bytes;
    const std::uint64_t* held = held_.of_pool(pool_.index);
    for (std::uint32_t i = 0; i < words; ++i) take_word(i, held[i]);
  }

  /// A block that is both free and held counts as held: the audit says that it is wrong.
  void take_word(std::uint32_t i, std::uint64_t held) {
    const std::uint64_t there = low_bits(pool_.capacity - i * 64);
    pool_.held_blocks[i] = held & there;
    pool_.free_blocks[i] &= there & ~held;
    pool_.live_blocks[i] = there & ~pool_.free_blocks[i] & ~held;
    const auto count = [](std::uint64_t word) {
      return static_cast<std::uint32_t>(std::popcount(word));
    };
    pool_.live += count(pool_.live_blocks[i]);
    pool_.free += count(pool_.free_blocks[i]);
    pool_.held += count(pool_.held_blocks[i]);
  }

  const View& view_;
  const HeapPlan& plan_;
  HeldBlocks held_;
  std::uint32_t kept_end_ = 0;  // of the kept span that was met last
  std::uint32_t unclear_ = 0;
  ArenaDescriptor<Remote> arena_;
  std::array<Pool, kArenaPools> pools_;
  WalkedPool pool_;
};

}  // namespace arenite
