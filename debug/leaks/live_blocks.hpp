// SPDX-License-Identifier: MIT
// The live blocks of a process, as a leak check needs them: which one an arbitrary word points
// into, in a few memory accesses, and how the check stands with it.
//
// A table with an entry for each 512 bytes names the first block that reaches into them; from there
// it is a few steps to the right one. Built once, from a `BlockMap`; 24 bytes a block and 1/128 of
// the blocks' bytes. Never allocates but by mapping; one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/leaks/mapped_memory.hpp"
#include "debug/report/block_facts.hpp"

namespace arenite {

enum class LeakMark : std::uint32_t {
  unreached,
  reached,
  pointed_to,    ///< leaked, another leaked block points to it; not told apart further yet
  cycle_top,     ///< the same, in or below a cycle, tried as what stands for it
  cycle_member,  ///< the same, reached from such a one
  direct,        ///< leaked, and reached by no leaked block but those it leads to itself
  indirect,      ///< leaked, reached from a direct one
  suppressed,
};

struct LiveBlock {
  Address begin;
  /// One past the last byte; a block of no bytes has one, so that a pointer to it counts.
  Address end;
  StackId allocated;
  LeakMark mark;
};

class LiveBlocks {
 public:
  static constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

  /// Blocks that `ignored` (may be null) names are marked as reached. False if there is no memory.
  bool build(const BlockMap& map, bool (*ignored)(void* context, const BlockFacts& facts),
             void* ignored_context);

  std::uint32_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  /// Whether blocks are missing: they came while the table was built, or lie where no user memory
  /// does.
  bool incomplete() const { return incomplete_; }
  LiveBlock& operator[](std::uint32_t block) { return blocks_[block]; }
  const LiveBlock& operator[](std::uint32_t block) const { return blocks_[block]; }
  /// What the program asked for; 1 for an empty block, as LeakSanitizer has it.
  std::size_t size(std::uint32_t block) const { return blocks_[block].end - blocks_[block].begin; }
  Region memory() const { return memory_.region(); }
  Region directory_memory() const { return directory_.region(); }

  /// Rejects most words at once.
  bool may_hold(Address word) const { return word - lowest_ < extent_; }
  /// Where `first` is to be read; to be fetched beforehand. Requires: may_hold(word).
  const std::uint32_t* granule(Address word) const {
    // Table 0 has no blocks; what no block reaches into leads there.
    const std::uint32_t table = directory_.data<std::uint32_t>()[word / kTableSpan];
    return tables_ + table * kTableEntries + word % kTableSpan / kGranuleBytes;
  }
  /// The block that the word points into or to; kNoBlock if there is none. `first` is what the
  /// granule holds.
  std::uint32_t find_from(std::uint32_t first, Address word) const {
    if (first == 0) return kNoBlock;
    std::uint32_t block = first - 1;
    // Blocks of another heap may come next, at lower addresses.
    while (block + 1 < count_ && blocks_[block + 1].begin <= word &&
           blocks_[block + 1].begin > blocks_[block].begin)
      ++block;
    return word - blocks_[block].begin < blocks_[block].end - blocks_[block].begin ? block
                                                                                   : kNoBlock;
  }
  std::uint32_t find(Address word) const {
    return may_hold(word) ? find_from(*granule(word), word) : kNoBlock;
  }

 private:
  static constexpr std::size_t kGranuleBytes = 512;
  static constexpr std::size_t kTableSpan = std::size_t{1} << 30;
  static constexpr std::size_t kTableEntries = kTableSpan / kGranuleBytes;
  /// Where user memory ends.
  static constexpr Address kEnd = Address{1} << 47;

  static bool plausible(const BlockFacts& facts);
  static void measure(void* self, const BlockFacts& facts);
  static void take(void* self, const BlockFacts& facts);
  bool enter_all();
  bool enter(std::uint32_t block);
  void sort();

  MappedMemory directory_;
  MappedMemory memory_;
  LiveBlock* blocks_ = nullptr;
  std::uint32_t* tables_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t measured_ = 0;
  std::uint32_t table_count_ = 1;
  std::uint64_t bytes_ = 0;
  Address lowest_ = 0;
  Address highest_ = 0;
  std::size_t extent_ = 0;
  bool incomplete_ = false;
  bool (*ignored_)(void* context, const BlockFacts& facts) = nullptr;
  void* ignored_context_ = nullptr;
};

}  // namespace arenite
