// SPDX-License-Identifier: MIT
// Which live blocks can be reached, and how those that cannot hang together. A block is reached by
// any word that points to its first byte or into it; one past its end does not count. Words count
// at multiples of eight bytes, and in a block that begins elsewhere also at multiples of eight from
// its beginning.
//
// Words wait in a batch while what they lead to is fetched, so that cache misses overlap; blocks
// wait in a list, never on the stack. Never allocates; one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/leaks/live_blocks.hpp"
#include "debug/leaks/memory_walk.hpp"

namespace arenite {

class Reach {
 public:
  /// Words of the working memory it is given, per block.
  static constexpr std::size_t kWordsPerBlock = 2;

  /// Requires: `words` holds kWordsPerBlock for each block; all outlive this.
  Reach(LiveBlocks& blocks, std::uint32_t* words, MemoryWalk& walk)
      : blocks_(blocks), work_(words), tops_(words + blocks.count()), walk_(walk) {}

  /// First: everything the program can get at.
  void add_root(Address word);
  void add_roots(Address begin, Address end, Pages which);
  /// Blocks marked as reached from the beginning are roots, too.
  void add_reached_blocks();
  /// Then: marks each block that is not reached as direct or indirect. Of a cycle nothing points
  /// to, one member is direct.
  void tell_leaks_apart();

  /// Of an indirect leak: the direct one it hangs from. Of a direct one: itself.
  std::uint32_t top_of(std::uint32_t block) const { return tops_[block]; }

 private:
  static constexpr unsigned kBatch = 64;

  enum class Phase : std::uint8_t { reaching, pointing, trying, spreading };

  struct Candidate {
    Address word;
    const std::uint32_t* granule;
    std::uint32_t from;
    std::uint32_t first;
  };

  void consider(Address word) {
    if (!blocks_.may_hold(word)) return;
    const std::uint32_t* granule = blocks_.granule(word);
    __builtin_prefetch(granule);
    batch_[batched_++] = {word, granule, from_, 0};
    if (batched_ == kBatch) settle_batch();
  }

  void settle_batch();
  void edge(std::uint32_t from, std::uint32_t to);
  void push(std::uint32_t block);
  void drain();
  void scan_block(std::uint32_t block);
  void scan_aligned(Address begin, Address end);
  void scan_copy(Address at, const unsigned char* bytes, std::size_t count, Address phase);
  void spread_from(std::uint32_t block, LeakMark as);

  LiveBlocks& blocks_;
  std::uint32_t* work_;
  std::uint32_t* tops_;
  MemoryWalk& walk_;
  std::size_t waiting_ = 0;
  unsigned batched_ = 0;
  Phase phase_ = Phase::reaching;
  std::uint32_t from_ = LiveBlocks::kNoBlock;
  std::uint32_t top_ = LiveBlocks::kNoBlock;
  Candidate batch_[kBatch];
};

}  // namespace arenite
