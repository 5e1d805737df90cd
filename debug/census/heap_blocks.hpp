// SPDX-License-Identifier: MIT
// The live blocks of all heaps of an examination as the program knows them: with the sizes it asked
// for where the debug layer has them, otherwise as the heap has them.
#pragma once

#include <string>
#include <vector>

#include "debug/census/traces.hpp"
#include "debug/leaks/live_blocks.hpp"
#include "debug/target/examination.hpp"

namespace arenite {

/// A heap that the program made for itself: its blocks go with it, so that none of them is lost
/// while it is there.
struct OwnHeap {
  Region reservation;
  Address root;
};

class HeapBlocks {
 public:
  /// Throws CannotTell if there is no memory.
  HeapBlocks(const AnyView& view, const Examination& examination, Traces traces = {});

  const LiveBlocks& blocks() const { return blocks_; }
  /// The heaps' reservations, ascending.
  const std::vector<Region>& reservations() const { return reservations_; }
  /// Ascending, too.
  const std::vector<OwnHeap>& own_heaps() const { return own_heaps_; }
  std::uint64_t unclear_pools() const { return unclear_; }

 private:
  static void each_live(void* self, void (*visit)(void* visitor, const BlockFacts& facts),
                        void* visitor);

  const AnyView& view_;
  const Examination& examination_;
  Traces traces_;
  LiveBlocks blocks_;
  std::vector<Region> reservations_;
  std::vector<OwnHeap> own_heaps_;
  std::uint64_t unclear_ = 0;
};

}  // namespace arenite
