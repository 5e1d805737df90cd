// SPDX-License-Identifier: MIT
// Ranges held against the map of blocks. A range is judged by the block in whose outer bounds it
// begins, and by nothing where there is none: a correct program never has a finding. What finds a
// fault tells it and goes on if that returns. Any thread, signal handlers too; errno is kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/report/block_facts.hpp"
#include "debug/report/report.hpp"

namespace arenite {

/// A range that does not lie within a live block.
struct RangeFault {
  const char* function;  ///< what the program called, without what fortifying adds: "memcpy"
  Access access;
  Address begin;
  /// What the function needs, as far as it is known: of text without an end, all there is of the
  /// block and one character more; of a freed block's, one.
  std::size_t bytes;
  Address bad;  ///< the first bad byte
  BlockFacts block;
  Fault fault;
};

/// Where checks look for blocks, and who is told.
struct RangeCheck {
  struct Heap {
    Address begin = 0;
    std::size_t bytes = 0;
  };
  BlockMap map;
  /// What lies in none of them is not looked up. Room for two; an empty one has no bytes.
  Heap heaps[2];
  /// Called on the thread that called the function, with nothing held.
  void (*found)(const RangeFault& fault) = nullptr;
};

/// Sets what all checks go by; without heaps they find nothing. Requires: no check runs meanwhile.
void set_range_check(const RangeCheck& check);

inline constexpr std::size_t kUnbounded = ~std::size_t{0};

namespace detail {
extern constinit RangeCheck range_check;
bool check_range_slowly(const char* function, Access access, Address begin, std::size_t bytes);
std::size_t room_slowly(const char* function, Access access, Address begin, BlockFacts& block);
}  // namespace detail

inline bool in_heaps(Address at) {
  const RangeCheck::Heap* const heaps = detail::range_check.heaps;
  return at - heaps[0].begin < heaps[0].bytes || at - heaps[1].begin < heaps[1].bytes;
}

/// Tells of a range that is not within a live block. True if there is nothing to tell.
inline bool check_range(const char* function, Access access, Address begin, std::size_t bytes) {
  if (bytes == 0 || !in_heaps(begin)) [[likely]]
    return true;
  return detail::check_range_slowly(function, access, begin, bytes);
}

/// How many bytes from `begin` on lie in its block, which is in `block` then; kUnbounded where no
/// block is known; 0 where not even the first may be touched, which is told.
inline std::size_t room_from(const char* function, Access access, Address begin,
                             BlockFacts& block) {
  if (!in_heaps(begin)) [[likely]]
    return kUnbounded;
  return detail::room_slowly(function, access, begin, block);
}

/// Tells that `bytes` from `begin` on are more than the room in the live `block`.
void tell_overrun(const char* function, Access access, Address begin, std::size_t bytes,
                  const BlockFacts& block);

}  // namespace arenite
