// SPDX-License-Identifier: MIT
// The geometry that ships: 64 KiB pools, 4 MiB arenas, blocks of 16 bytes to 32 KiB.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "geometry/geometry.hpp"

namespace arenite {

struct Production {
  static constexpr const char* kName = "production";
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kPoolBytes = 64 << 10;
  static constexpr std::size_t kAlignment = 16;
  static constexpr std::size_t kRangeBytes = std::size_t{1} << 40;
  static constexpr std::size_t kMinRangeBytes = std::size_t{8} << 20;
  static constexpr std::uint32_t kMaxThreads = 1 << 15;
  static constexpr std::uint32_t kRetainedPools = 32;
  static constexpr std::uint32_t kKeptSpanPools = 16;
  static constexpr std::size_t kLargePagesFrom = std::size_t{512} << 20;
  static constexpr std::size_t kShelfSlots = 4096;
  static constexpr std::size_t kShelfBytes = 32 << 20;
  static constexpr std::size_t kFineLimit = 1024;
  static constexpr std::size_t kCoarseStep = 128;

  /// Every 16 bytes to 512, then eight steps to each doubling: at most 12.5 % is lost to rounding
  /// above 128 bytes.
  static constexpr auto kBlockBytes = [] {
    std::array<std::uint32_t, 32 + 8 * 6> blocks{};
    std::size_t count = 0;
    for (std::uint32_t bytes = 16; bytes <= 512; bytes += 16) blocks[count++] = bytes;
    for (std::uint32_t half = 512; half < 32768; half *= 2)
      for (std::uint32_t step = 1; step <= 8; ++step) blocks[count++] = half + half / 8 * step;
    return blocks;
  }();

  /// Long arrays where blocks are small and calls many; together below 16 KiB a thread.
  static constexpr std::size_t array_lines(std::uint32_t block_bytes) {
    if (block_bytes <= 128) return 9;
    if (block_bytes <= 512) return 4;
    if (block_bytes <= 1024) return 3;
    if (block_bytes <= 4096) return 2;
    return 1;
  }
};
static_assert(Geometry<Production>);

}  // namespace arenite
