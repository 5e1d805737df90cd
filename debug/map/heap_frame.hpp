// SPDX-License-Identifier: MIT
// A heap at one instant, as columns: one entry for each pool. What the page draws and nothing else.
#pragma once

#include <cstdint>
#include <vector>

#include "debug/blocks/walked_pool.hpp"
#include "debug/stacks/stack_id.hpp"

namespace arenite::map {

/// A PoolUse as the page knows it; one more than the walk has, as a span is many cells.
using Use = std::uint8_t;
inline constexpr Use kSpanRest = kPoolUseNames.size();
constexpr Use code_of(PoolUse use) {
  return static_cast<Use>(use);
}

inline constexpr std::uint8_t kNoClass = 0xff;
inline constexpr std::uint16_t kNobody = 0xffff;
inline constexpr std::uint16_t kNoSite = 0xffff;
inline constexpr std::uint8_t kNoAge = 0xff;
/// More pools than this are left out: 256 GiB of the production geometry.
inline constexpr std::uint32_t kMostPools = 4u << 20;

/// Of blocks where nothing else is said. Spans have their own list.
struct PoolColumns {
  std::vector<Use> use;
  std::vector<std::uint8_t> size_class;
  std::vector<std::uint16_t> live;
  std::vector<std::uint16_t> held;  ///< in thread arrays
  std::vector<std::uint16_t> carved;
  std::vector<std::uint16_t> owner;  ///< thread block of an attached pool
  /// Pages in memory, of the pool's; empty if that is not known.
  std::vector<std::uint8_t> resident;
  /// Where most live bytes come from, by its place in `stacks`, in a document in the heap's sites;
  /// empty if not known.
  std::vector<std::uint16_t> site;
  /// When the youngest live block came, in 254ths of the blocks so far, 0 oldest; kNoAge if it has
  /// none. Empty if not known.
  std::vector<std::uint8_t> age;
};

struct SpanFacts {
  std::uint32_t pool;
  std::uint32_t pools;
  std::uint64_t bytes;  ///< usable
};

struct ThreadFacts {
  std::uint32_t index;
  std::uint32_t state;  ///< a ThreadState
  std::uint64_t system_thread;
};

/// Which blocks of some pools are free or in thread arrays; of other pools only counts are known.
struct BlockDetail {
  std::vector<std::uint32_t> pools;  ///< ascending
  /// Their free bitmaps one after the other, whole bytes for each pool.
  std::vector<std::uint8_t> free;
  std::vector<std::uint32_t> held_pools;  ///< of each block in an array, its pool, ascending
  std::vector<std::uint16_t> held_blocks;
};

/// Live blocks on guard pages from one site.
struct OnPagesCount {
  std::uint16_t site = kNoSite;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  ///< asked for
};

/// A block on guard pages, and the pages it lies in.
struct OnPagesStretch {
  std::uint64_t page;    ///< address of the first, the guard page before it, in pages
  std::uint32_t pages;   ///< with both guard pages; the last may be the first of the next stretch
  std::uint32_t offset;  ///< of the block
  std::uint64_t bytes;   ///< asked for
  std::uint16_t site;
  std::uint8_t freed;  ///< 1: and not yet reused, its pages closed
};
/// More are left out.
inline constexpr std::size_t kMostStretches = 16384;

/// Blocks the debug layer keeps on guard pages: they lie outside the heap's range, and have rows of
/// their own.
struct OnPages {
  std::uint64_t freed = 0;          ///< and not yet reused, their pages closed
  std::vector<OnPagesCount> sites;  ///< of live ones
  std::vector<OnPagesStretch> stretches;
  std::uint64_t stretches_left_out = 0;
};

struct HeapFrame {
  std::uint32_t pool_count = 0;
  /// Beyond kMostPools.
  std::uint32_t pools_left_out = 0;
  PoolColumns pools;
  /// Of the debug layer.
  std::vector<StackId> stacks;
  std::vector<SpanFacts> spans;
  std::vector<ThreadFacts> threads;
  BlockDetail detail;
  OnPages on_pages;
};

}  // namespace arenite::map
