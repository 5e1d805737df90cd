// SPDX-License-Identifier: MIT
// Where the live blocks of each pool come from, and when, as far as the debug layer knows, and the
// blocks it keeps on guard pages: beside the walk that makes a frame. Throws std::bad_alloc.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "debug/census/site_counts.hpp"
#include "debug/map/heap_frame.hpp"

namespace arenite::map {

class Origins {
 public:
  /// `find`: null if there is no debug layer.
  explicit Origins(FindFacts find) : find_(std::move(find)) {}

  /// Every pool of the heap, in the order of the walk.
  void add(const WalkedPool& pool);
  /// Every block on guard pages, in any order.
  void add_on_pages(const BlockFacts& facts);
  /// Fills in the stacks, the blocks on guard pages, and the columns `site` and `age` if any block
  /// of a pool was known.
  void finish(HeapFrame& frame);

 private:
  struct Known {
    std::uint16_t site = kNoSite;
    std::uint64_t youngest = 0;  ///< serial; 0: no block is known
  };

  std::uint16_t site_of(StackId stack);
  void add_stretch(const BlockFacts& facts, std::uint16_t site);

  FindFacts find_;
  std::vector<Known> pools_;
  std::vector<StackId> stacks_;
  std::unordered_map<StackId, std::uint16_t> sites_;
  /// Live bytes by stack, of the pool at hand.
  std::unordered_map<StackId, std::uint64_t> bytes_;
  std::uint64_t last_serial_ = 0;
  OnPages of_pages_;
  std::map<std::uint16_t, OnPagesCount> on_pages_;  ///< by site
};

}  // namespace arenite::map
