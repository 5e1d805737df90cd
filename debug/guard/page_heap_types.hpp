// SPDX-License-Identifier: MIT
// What goes into the page-guard heap and comes out of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/fill/fill.hpp"
#include "debug/guard/guard_pages.hpp"
#include "debug/options/options.hpp"
#include "debug/report/block_facts.hpp"

namespace arenite {

struct PageHeapSettings {
  Side side = Side::right;
  std::uint64_t seed = 0;            ///< of `Side::random`
  std::size_t least_alignment = 16;  ///< a power of two up to 16
  /// Less if it cannot be had. A thirty-second of it on top for the records, as they come to be
  /// used.
  std::size_t reservation_bytes = std::size_t{1} << 40;
  /// Freed blocks are not reused before one of these is reached. They hold no memory but 80 bytes
  /// each of records and page tables.
  std::size_t quarantine_blocks = 65536;
  std::size_t quarantine_bytes = std::size_t{1} << 36;  ///< of address space
  std::size_t memory_bytes = 0;               ///< in live blocks' pages; 0: half of what is
                                              ///< available
  std::size_t most_blocks = ~std::size_t{0};  ///< live at a time
  std::size_t warm_blocks = 64;               ///< pages kept open for the next small blocks
  bool check_slack = true;  ///< the bytes around blocks are filled with kGuardByte, and checked
  bool fill_fresh = true;   ///< new blocks are filled with kFreshByte, unless zeroed
  std::size_t fill_bytes = std::size_t{1} << 20;  ///< but no more of each than this
  bool may_move = true;                           ///< GuardKind::moving is allowed
  bool may_mark = true;                           ///< GuardKind::marks is allowed
};

struct PageRequest {
  std::size_t size = 0;
  std::size_t alignment = 0;  ///< 0 or a power of two
  bool zeroed = false;
  Family family = Family::malloc;
  std::uint64_t serial = 0;
  StackId stack = 0;
  ThreadNumber thread = 0;
};

/// Why an allocation was declined.
enum class Decline : std::uint8_t {
  none,
  memory,         ///< the memory budget is used up
  blocks,         ///< as many blocks are live as may be
  mappings,       ///< vm.max_map_count is as good as reached
  address_space,  ///< the reservation is used up, or cannot hold so much
  system,         ///< the kernel refused
};
inline constexpr std::size_t kDeclines = 6;

/// In words, for whoever says so.
const char* text_of(Decline reason);

enum class ClaimVerdict : std::uint8_t {
  intact,
  damaged,
  freed_already,  ///< or being freed by another thread
  not_a_block,  ///< no block of this heap begins there; `facts` are of the one `find` finds, if any
};

/// A byte beside a block that is not as it was filled.
struct SlackDamage {
  Address at = 0;
  std::uint8_t expected = 0;
  std::uint8_t found = 0;
};

struct PageHeapStatistics {
  GuardKind small_kind = GuardKind::mappings;
  GuardKind large_kind = GuardKind::mappings;
  std::size_t reserved_bytes = 0;
  std::size_t live_blocks = 0;
  std::size_t data_bytes = 0;  ///< in pages of live blocks
  std::size_t quarantined_blocks = 0;
  std::size_t quarantined_bytes = 0;  ///< of address space
  std::size_t warm_blocks = 0;
  std::size_t mappings_used = 0;  ///< beyond a few
  std::size_t mappings_allowed = 0;
  std::size_t unclosed_blocks = 0;         ///< freed, but the kernel would not take their pages
  std::uint64_t declined[kDeclines] = {};  ///< by `Decline`
};

}  // namespace arenite
