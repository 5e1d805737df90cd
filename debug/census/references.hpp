// SPDX-License-Identifier: MIT
// Who points to a piece of memory, and how a block is reached from outside the heaps.
#pragma once

#include <functional>
#include <vector>

#include "debug/census/pointer_graph.hpp"

namespace arenite {

/// A word that points into the region asked about.
struct Reference {
  Address at = 0;                              ///< where it lies; 0 for a register
  Address to = 0;                              ///< what it holds
  std::uint64_t thread = 0;                    ///< whose register it is
  const char* reg = "";                        ///< which one
  std::uint32_t block = LiveBlocks::kNoBlock;  ///< that holds it; none: a root does
  bool ended_thread = false;
};

/// Calls `visit` for each, registers first, then what lies outside the heaps, then blocks in
/// ascending order. Returns how many bytes could not be read.
std::uint64_t find_references(const AnyView& view, const ProcessFacts& facts,
                              const HeapBlocks& heaps, const GraphAsked& asked, Region target,
                              const std::function<void(const Reference& reference)>& visit);

/// The shortest chain of blocks from a root to a block: `blocks` begins with what `root` leads to
/// and ends with the block.
struct Chain {
  bool found = false;
  RootEdge root;
  std::vector<std::uint32_t> blocks;
};

/// Roots of living threads first, then the heaps of the program's own that blocks lie in.
Chain chain_to(const PointerGraph& graph, std::uint32_t block);

}  // namespace arenite
