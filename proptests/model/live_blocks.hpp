// SPDX-License-Identifier: MIT
// The reference model of a heap: which blocks are live, where, how large, with which contents. An
// interval map over usable bytes says at once when two blocks overlap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/strong.hpp"

namespace arenite::model {

struct LiveBlock {
  Address at = 0;  ///< 0: the slot is empty
  std::size_t request = 0;
  std::size_t usable = 0;
  std::uint64_t seed = 0;

  void* pointer() const { return reinterpret_cast<void*>(at); }
  explicit operator bool() const { return at != 0; }
};

class LiveBlocks {
 public:
  explicit LiveBlocks(std::size_t slots) : blocks_(slots) {}

  std::size_t slots() const { return blocks_.size(); }
  std::size_t live() const { return intervals_.size(); }
  const LiveBlock& operator[](std::size_t slot) const { return blocks_[slot]; }
  LiveBlock& operator[](std::size_t slot) { return blocks_[slot]; }

  /// The slot of a live block that [at, at + bytes) overlaps.
  std::optional<std::size_t> overlapping(Address at, std::size_t bytes) const {
    // Ends grow with beginnings, because intervals are disjoint.
    const auto next = std::partition_point(intervals_.begin(), intervals_.end(),
                                           [at](const Interval& i) { return i.end <= at; });
    if (next == intervals_.end() || next->begin >= at + bytes) return std::nullopt;
    return next->slot;
  }

  /// Requires: the slot is empty and the block overlaps none.
  void insert(std::size_t slot, const LiveBlock& block) {
    blocks_[slot] = block;
    intervals_.insert(find(block.at), {block.at, block.at + block.usable, slot});
  }

  /// Requires: the slot is not empty.
  LiveBlock remove(std::size_t slot) {
    const LiveBlock block = blocks_[slot];
    intervals_.erase(find(block.at));
    blocks_[slot] = {};
    return block;
  }

  void clear() {
    std::fill(blocks_.begin(), blocks_.end(), LiveBlock{});
    intervals_.clear();
  }

 private:
  struct Interval {
    Address begin;
    Address end;
    std::size_t slot;
  };

  std::vector<Interval>::iterator find(Address at) {
    return std::partition_point(intervals_.begin(), intervals_.end(),
                                [at](const Interval& i) { return i.begin < at; });
  }

  std::vector<LiveBlock> blocks_;
  std::vector<Interval> intervals_;
};

}  // namespace arenite::model
