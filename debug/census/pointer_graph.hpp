// SPDX-License-Identifier: MIT
// Which live block points to which, and what outside the heaps points to them. Memory is read once,
// in ascending order and large pieces, whatever the shape of the graph; after that nothing is read.
// Words count at multiples of eight, and in a block that begins elsewhere also at multiples of
// eight from its beginning; a word one past a block's end does not count.
//
// Takes four bytes for each pointer and eight for each block. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "debug/census/heap_blocks.hpp"
#include "debug/census/memory_pieces.hpp"
#include "debug/census/root_areas.hpp"
#include "debug/target/watched_view.hpp"

namespace arenite {

/// Leads to a block: to its first byte, or inside.
class Edge {
 public:
  Edge() = default;
  Edge(std::uint32_t to, bool inside) : word_(to << 1 | (inside ? 1 : 0)) {}
  std::uint32_t to() const { return word_ >> 1; }
  bool inside() const { return (word_ & 1) != 0; }

 private:
  std::uint32_t word_ = 0;
};

/// A word outside the heaps that leads to a block.
struct RootEdge {
  Address at = 0;            ///< where it lies; 0 for a register
  std::uint64_t thread = 0;  ///< whose register it is
  Edge edge;
  bool ended_thread = false;  ///< on the stack of a thread that is no more
  bool own_heap = false;      ///< no word: the block lies in a heap of the program's own, at `at`
};

struct GraphAsked {
  /// The process, if it lives: 0 for a file.
  pid_t live = 0;
  /// Regions besides the heaps that hold no pointers of the program's.
  std::vector<Region> left_out;
  Told told;
};

class PointerGraph {
 public:
  /// More blocks than that are not looked at.
  static constexpr std::uint32_t kMostBlocks = (std::uint32_t{1} << 31) - 2;

  PointerGraph(const AnyView& view, const HeapBlocks& heaps) : view_(view), heaps_(heaps) {}

  /// Reads all blocks and what the process has besides. Throws CannotTell if there are too many
  /// blocks.
  void build(const ProcessFacts& facts, const GraphAsked& asked);

  const LiveBlocks& blocks() const { return heaps_.blocks(); }
  std::span<const Edge> edges(std::uint32_t block) const {
    return {edges_.data() + first_edge_[block], edges_.data() + first_edge_[block + 1]};
  }
  /// Of each block at most one of each kind.
  const std::vector<RootEdge>& roots() const { return roots_; }
  /// Of blocks' contents, and of what lies outside the heaps.
  std::uint64_t unreadable_in_blocks() const { return unreadable_in_blocks_; }
  std::uint64_t unreadable_roots() const { return unreadable_roots_; }

 private:
  static constexpr unsigned kBatch = 64;
  struct Candidate {
    Address word;
    const std::uint32_t* granule;
    std::uint32_t first;
    std::uint32_t from;
    Address at;
  };

  void read_blocks(const Told& told);
  void read_roots(const ProcessFacts& facts, const std::vector<RootArea>& areas, pid_t live);
  void scan(Address at, const unsigned char* bytes, std::size_t count, Address phase,
            std::uint32_t from);
  void consider(Address word, std::uint32_t from, Address at);
  void settle_batch();
  void add_edge(std::uint32_t from, Edge edge);
  void add_root(Address at, Edge edge);
  void root_own_heaps();

  const AnyView& view_;
  const HeapBlocks& heaps_;
  MemoryPieces pieces_;
  std::vector<std::uint64_t> first_edge_;
  std::vector<Edge> edges_;
  std::vector<RootEdge> roots_;
  /// Of each block: which kinds of root it has.
  std::vector<std::uint8_t> rooted_;
  RootEdge root_;  ///< what the roots at hand have in common
  Address kept_by_libc_ = 0;
  std::uint64_t unreadable_in_blocks_ = 0;
  std::uint64_t unreadable_roots_ = 0;
  unsigned batched_ = 0;
  Candidate batch_[kBatch];
};

}  // namespace arenite
