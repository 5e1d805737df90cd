// SPDX-License-Identifier: MIT
// What an audit remembers while it walks: who holds each pool, and a map of all blocks with a bit
// for each that stands in a thread array or on a shelf. A hundredth of the heap's size, and only
// the part that is written takes memory. An index that was read from the heap has to be checked
// before it comes here.
#pragma once

#include <cstdint>

#include "base/contract.hpp"
#include "debug/audit/finding.hpp"
#include "debug/audit/plan.hpp"
#include "debug/audit/scratch.hpp"

namespace arenite {

struct PoolMark {
  std::uint32_t owner;  ///< thread block that has it attached
  std::uint16_t held;   ///< blocks in thread arrays and on the shelf
  /// Class it is attached for, plus 1; or kKept: the first of a span that the owner keeps.
  std::uint8_t attached;
  std::uint8_t listed;  ///< class it is listed in, plus 1

  static constexpr std::uint8_t kKept = 255;
};

class Marks {
 public:
  explicit Marks(const HeapPlan& plan)
      : words_(plan.root.bitmap_bytes / 8),
        pool_count_(plan.pool_count),
        arena_count_(plan.arena_count),
        pools_(std::size_t{plan.pool_count} * sizeof(PoolMark)),
        held_(std::size_t{plan.pool_count} * plan.root.bitmap_bytes),
        arenas_(plan.arena_count) {}

  /// Whether the memory could be had; nothing else may be called if not.
  bool had() const { return pools_.had() && held_.had() && arenas_.had(); }

  PoolMark& pool(std::uint32_t index) {
    ARN_ASSERT(index < pool_count_);
    return static_cast<PoolMark*>(pools_.data())[index];
  }
  /// Marks the arena as met in a list; false if it was before.
  bool meet_arena(std::uint32_t index) {
    ARN_ASSERT(index < arena_count_);
    auto& met = static_cast<unsigned char*>(arenas_.data())[index];
    return met++ == 0;
  }
  bool arena_met(std::uint32_t index) const {
    ARN_ASSERT(index < arena_count_);
    return static_cast<const unsigned char*>(arenas_.data())[index] != 0;
  }
  /// Marks a block as held; false if it was before.
  bool hold(std::uint32_t pool_index, std::uint32_t block) {
    std::uint64_t& word = held_words(pool_index)[block / 64];
    const std::uint64_t bit = std::uint64_t{1} << (block % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    ++pool(pool_index).held;
    return true;
  }
  /// Only to be read if the pool's mark says that it has held blocks.
  std::uint64_t* held_words(std::uint32_t pool_index) {
    return static_cast<std::uint64_t*>(held_.data()) + pool_index * words_;
  }

 private:
  std::size_t words_;
  std::uint32_t pool_count_;
  std::uint32_t arena_count_;
  Scratch pools_;
  Scratch held_;
  Scratch arenas_;
};

/// What all checks share.
template <class View>
struct AuditContext {
  const View& view;
  const HeapPlan& plan;
  Marks& marks;
  Findings& findings;
};

}  // namespace arenite
