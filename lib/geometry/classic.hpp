// SPDX-License-Identifier: MIT
// CPython's classic geometry (shared/python-memory-model.md M4-M6): 4 KiB pools, 64 to an arena of
// 256 KiB, blocks every 8 bytes up to 512, so 64 classes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "geometry/geometry.hpp"

namespace arenite {

struct Classic {
  static constexpr const char* kName = "classic";
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kPoolBytes = 4096;
  static constexpr std::size_t kAlignment = 8;
  static constexpr std::size_t kRangeBytes = std::size_t{1} << 34;
  static constexpr std::size_t kMinRangeBytes = std::size_t{1} << 20;
  static constexpr std::uint32_t kMaxThreads = 1 << 10;
  static constexpr std::uint32_t kRetainedPools = 64;
  static constexpr std::uint32_t kKeptSpanPools = 16;
  static constexpr std::size_t kLargePagesFrom = std::size_t{512} << 20;
  static constexpr std::size_t kShelfSlots = 512;
  static constexpr std::size_t kShelfBytes = 128 << 10;
  static constexpr std::size_t kFineLimit = 512;
  static constexpr std::size_t kCoarseStep = 512;

  static constexpr auto kBlockBytes = [] {
    std::array<std::uint32_t, 64> blocks{};
    for (std::uint32_t i = 0; i < 64; ++i) blocks[i] = 8 * (i + 1);
    return blocks;
  }();

  static constexpr std::size_t array_lines(std::uint32_t) { return 3; }
};
static_assert(Geometry<Classic>);

}  // namespace arenite
