// SPDX-License-Identifier: MIT
// A pool as a walk over a heap shows it: what it is, and the states of its blocks as sets in words,
// so that who counts takes 64 blocks at a time and who lists visits one by one.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/bits.hpp"
#include "debug/audit/plan.hpp"

namespace arenite {

enum class PoolUse : std::uint8_t {
  untouched,    ///< free, its pages never written or not known to be
  dirty,        ///< free, its pages still there
  decommitted,  ///< free, its pages given back
  attached,     ///< of blocks, as are the next two
  listed,
  full,
  span,     ///< `pools` of them, this one and those behind it
  unclear,  ///< its descriptor could not be read or makes no sense
};
inline constexpr std::array kPoolUseNames{"untouched", "dirty", "decommitted", "attached",
                                          "listed",    "full",  "span",        "unclear"};

constexpr bool has_blocks(PoolUse use) {
  return use == PoolUse::attached || use == PoolUse::listed || use == PoolUse::full;
}
constexpr bool is_free(PoolUse use) {
  return use <= PoolUse::decommitted;
}

enum class BlockUse : std::uint8_t {
  live,
  free,
  held,      ///< in a thread array
  uncarved,  ///< never handed out
};
inline constexpr std::array kBlockUseNames{"live", "free", "held", "uncarved"};

/// What is known of a block without the debug layer. A span is one block, always live.
struct WalkedBlock {
  Address begin;
  std::uint64_t bytes;  ///< usable
  std::uint32_t pool;
  std::uint32_t index;  ///< in its pool
  BlockUse use;
};

struct WalkedPool {
  using Words = std::array<std::uint64_t, kMaxBitmapWords>;

  std::uint32_t index = 0;
  std::uint32_t pools = 1;
  PoolUse use = PoolUse::unclear;
  std::uint8_t size_class = 0;  ///< if it has blocks, as everything from here on
  std::uint32_t owner = 0;      ///< thread block, if it is attached
  std::uint32_t capacity = 0;
  std::uint32_t carved = 0;
  std::uint32_t words = 0;        ///< of each set
  std::uint32_t live = 0;         ///< blocks
  std::uint32_t free = 0;         ///< with those never carved
  std::uint32_t held = 0;         ///< in thread arrays
  std::uint64_t block_bytes = 0;  ///< of a span: what its user may use
  Address begin = 0;
  Words live_blocks;  ///< only the first `words` are set
  Words free_blocks;
  Words held_blocks;

  std::uint32_t arena() const { return index / kArenaPools; }
  std::uint64_t live_bytes() const { return live * block_bytes; }
  WalkedBlock block(std::uint32_t number, BlockUse block_use) const {
    return {begin + number * block_bytes, block_bytes, index, number, block_use};
  }

  /// Calls `visit(WalkedBlock)` for each live block or the span, in ascending order.
  template <class Visit>
  void each_live(Visit visit) const {
    if (use == PoolUse::span) visit(block(0, BlockUse::live));
    for (std::uint32_t i = 0; i < words; ++i)
      for (std::uint64_t word = live_blocks[i]; word != 0; word &= word - 1)
        visit(block(i * 64 + lowest_bit(word), BlockUse::live));
  }

  /// The same for every block.
  template <class Visit>
  void each_block(Visit visit) const {
    if (use == PoolUse::span) visit(block(0, BlockUse::live));
    if (!has_blocks(use)) return;
    for (std::uint32_t number = 0; number < capacity; ++number)
      visit(block(number, use_of(number)));
  }

  /// Requires: has_blocks(use), number < capacity.
  BlockUse use_of(std::uint32_t number) const {
    const auto in = [number](const Words& set) {
      return (set[number / 64] >> number % 64 & 1) != 0;
    };
    if (in(live_blocks)) return BlockUse::live;
    if (in(held_blocks)) return BlockUse::held;
    return number < carved ? BlockUse::free : BlockUse::uncarved;
  }
};

}  // namespace arenite
