// SPDX-License-Identifier: MIT
// Blocks for the tests of the leak check, in a stretch of memory of their own, and a BlockMap over
// them. Addresses of blocks are handed out inverted: nothing of the test itself must reach them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <span>

#include "debug/leaks/mapped_memory.hpp"
#include "debug/memory/mappings.hpp"
#include "debug/report/block_facts.hpp"

namespace arenite {

/// An address that is no pointer.
struct Hidden {
  Address inverted = 0;
};

class FakeBlocks {
 public:
  static constexpr std::size_t kMaxRegions = 16;

  FakeBlocks(std::size_t bytes, std::size_t max_blocks)
      : memory_(bytes),
        facts_(max_blocks * sizeof(BlockFacts)),
        maps_(MappingReader::kBufferBytes) {
    if (!memory_.had() || !facts_.had() || !maps_.had()) std::abort();
    regions_[region_count_++] = memory_.region();
    regions_[region_count_++] = facts_.region();
    regions_[region_count_++] = maps_.region();
    leave_out_sanitizers();
  }

  /// `stack` tells blocks apart in reports. `offset`: from a multiple of 16.
  Hidden allocate(std::size_t size, StackId stack, std::size_t offset = 0) {
    const std::size_t from = ((used_ + 15) & ~std::size_t{15}) + offset;
    used_ = from + (size == 0 ? 1 : size);
    if (used_ > memory_.bytes() || (count_ + 1) * sizeof(BlockFacts) > facts_.bytes()) std::abort();
    BlockFacts& facts = facts_.data<BlockFacts>()[count_++];
    facts = {};
    facts.begin = memory_.region().begin + from;
    facts.size = size;
    facts.allocated = stack;
    facts.serial = count_;
    facts.state = BlockState::live;
    return {~facts.begin};
  }

  /// Blocks listed in the order of allocation, or the second half first.
  void swap_halves() { swapped_ = true; }
  void free_all() {
    count_ = 0;
    used_ = kFirst;
  }
  std::size_t count() const { return count_; }
  const BlockFacts& facts(std::size_t index) const { return facts_.data<BlockFacts>()[index]; }

  BlockMap map() { return {this, nullptr, &each_live}; }
  std::span<const Region> left_out() const { return {regions_, region_count_}; }

 private:
  /// This object is among the roots, and says where the memory begins.
  static constexpr std::size_t kFirst = 64;

  static void each_live(void* self, void (*visit)(void* visitor, const BlockFacts& facts),
                        void* visitor) {
    const auto& blocks = *static_cast<const FakeBlocks*>(self);
    const std::size_t half = blocks.swapped_ ? blocks.count_ / 2 : 0;
    for (std::size_t i = half; i < blocks.count_; ++i) visit(visitor, blocks.facts(i));
    for (std::size_t i = 0; i < half; ++i) visit(visitor, blocks.facts(i));
  }

  /// Their shadows are terabytes.
  void leave_out_sanitizers() {
    MappingReader mappings("/proc/self/maps", maps_.data<char>());
    for (Mapping mapping; mappings.next(mapping);)
      if (mapping.end - mapping.begin > std::size_t{1} << 36 && region_count_ < kMaxRegions)
        regions_[region_count_++] = {mapping.begin, mapping.end};
  }

  MappedMemory memory_;
  MappedMemory facts_;
  MappedMemory maps_;
  std::size_t used_ = kFirst;
  std::size_t count_ = 0;
  bool swapped_ = false;
  Region regions_[kMaxRegions];
  std::size_t region_count_ = 0;
};

/// Writes the block's address, and leaves it nowhere else.
[[gnu::noinline, gnu::no_sanitize_address]] inline void point(void* where, Hidden block,
                                                              std::size_t offset = 0) {
  Address word = ~block.inverted + offset;
  __builtin_memcpy(where, &word, sizeof word);
  asm volatile("xor %k0, %k0" : "+r"(word) : : "memory");
}

/// The same inside another block.
[[gnu::noinline, gnu::no_sanitize_address]] inline void link(Hidden from, Hidden to,
                                                             std::size_t at = 0,
                                                             std::size_t offset = 0) {
  Address where = ~from.inverted + at, word = ~to.inverted + offset;
  __builtin_memcpy(reinterpret_cast<void*>(where), &word, sizeof word);
  asm volatile("xor %k0, %k0\n\txor %k1, %k1" : "+r"(word), "+r"(where) : : "memory");
}

}  // namespace arenite
