// SPDX-License-Identifier: MIT
// What the debug layer knows of a block, and how others ask it: what reports print, what ranges and
// leaks are held against.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/stacks/stack_id.hpp"
#include "interface/interceptor.hpp"

namespace arenite {

/// 0 is the main thread, others count up in the order they were first seen.
using ThreadNumber = std::uint32_t;

enum class BlockState : std::uint8_t {
  none,  ///< no block of the debug layer
  live,
  freed,  ///< in quarantine, or not reused yet
};

inline constexpr std::size_t kFamilyCount = static_cast<std::size_t>(Family::pool) + 1;

struct BlockFacts {
  Address begin = 0;        ///< what the program was given
  std::size_t size = 0;     ///< what the program asked for, in bytes
  Address outer_begin = 0;  ///< with guard bytes or guard pages and rounding
  Address outer_end = 0;
  std::size_t alignment = 0;  ///< that was asked for; 0 where the entry point takes none
  std::uint64_t serial = 0;   ///< counts allocations of the process, from 1
  StackId allocated = 0;
  StackId freed = 0;
  ThreadNumber allocated_by = 0;
  ThreadNumber freed_by = 0;
  Family family = Family::malloc;
  BlockState state = BlockState::none;
};

/// Asks for blocks by address. A table of functions, so that a test can put its own in.
struct BlockMap {
  void* context = nullptr;
  /// The block in whose outer bounds the address lies, be it live or freed; false for any other
  /// 64-bit value. Reads nothing at the address. Any thread, signal handlers too.
  bool (*find)(void* context, Address at, BlockFacts& facts) = nullptr;
  /// Calls `visit` for each live block, in ascending order of address within each heap. Other
  /// threads should be at rest: a block that comes or goes meanwhile may be missed.
  void (*each_live)(void* context, void (*visit)(void* visitor, const BlockFacts& facts),
                    void* visitor) = nullptr;
};

}  // namespace arenite
