// SPDX-License-Identifier: MIT
// A whole process in numbers, to be compared with another or exported: totals, classes, arenas, and
// optionally every live block by address.
#pragma once

#include <cstdint>
#include <vector>

#include "debug/census/block_rows.hpp"

namespace arenite {

struct ClassCensus {
  std::uint32_t block_bytes = 0;  ///< 0: spans
  std::uint64_t blocks = 0;       ///< live
  std::uint64_t bytes = 0;
  std::uint64_t pools = 0;
  std::uint64_t kept = 0;  ///< resident in the pools and not in live blocks
};

/// A live block: the same in two censuses of one process if all of it is the same.
struct CensusBlock {
  Address begin = 0;
  std::uint64_t serial = 0;  ///< 0 without the debug layer
  std::uint64_t size = 0;

  auto operator<=>(const CensusBlock&) const = default;
};

struct HeapCensus {
  std::uint64_t live_bytes = 0;
  std::uint64_t requested_bytes = 0;
  std::uint64_t live_blocks = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t mapped_bytes = 0;  ///< the guard regions not counted
  std::uint64_t dirty_bytes = 0;   ///< free pools whose pages are still there
  std::uint64_t arenas = 0;
  std::uint64_t arenas_empty = 0;
  std::uint64_t pools_used = 0;
  std::uint64_t unclear_pools = 0;
  /// By class, the last for spans; of all heaps, which share a geometry.
  std::vector<ClassCensus> classes;
  /// The debug layer's live blocks on guard pages, which are of no class and in no pool; bytes as
  /// asked for. The totals have them, too.
  ClassCensus on_pages;
  /// Live bytes of each arena, heap by heap.
  std::vector<std::vector<std::uint64_t>> arena_live;
  /// In ascending order.
  std::vector<CensusBlock> blocks;
};

/// `blocks`: list them, too. Throws CannotTell if there is no memory.
HeapCensus take_census(const AnyView& view, const Examination& seen, const Traces& traces,
                       bool blocks);

/// Blocks of one and not of the other.
struct BlockChanges {
  std::uint64_t in_both = 0;
  std::uint64_t in_both_bytes = 0;
  std::uint64_t added = 0;
  std::uint64_t added_bytes = 0;
  std::uint64_t gone = 0;
  std::uint64_t gone_bytes = 0;
};

/// Requires: both list their blocks.
BlockChanges block_changes(const HeapCensus& before, const HeapCensus& after);

}  // namespace arenite
