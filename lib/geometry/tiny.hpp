// SPDX-License-Identifier: MIT
// A geometry for tests, in which every boundary is a handful of operations away: 2 KiB pools of two
// bitmap words at the most, arrays of 7 slots, four arenas. Needs a page source with pages of 512
// bytes (os/fake_pages.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "geometry/geometry.hpp"

namespace arenite {

struct Tiny {
  static constexpr const char* kName = "tiny";
  static constexpr std::size_t kPageBytes = 512;
  static constexpr std::size_t kPoolBytes = 2048;
  static constexpr std::size_t kAlignment = 16;
  static constexpr std::size_t kRangeBytes = kPoolBytes * kArenaPools * 4;
  static constexpr std::size_t kMinRangeBytes = kPoolBytes * kArenaPools;
  static constexpr std::uint32_t kMaxThreads = 4;
  static constexpr std::uint32_t kRetainedPools = 2;
  static constexpr std::uint32_t kKeptSpanPools = 2;
  static constexpr std::size_t kLargePagesFrom = 2 * kPoolBytes * kArenaPools;
  static constexpr std::size_t kShelfSlots = 16;
  static constexpr std::size_t kShelfBytes = 2048;
  static constexpr std::size_t kFineLimit = 128;
  static constexpr std::size_t kCoarseStep = 64;
  static constexpr std::array<std::uint32_t, 9> kBlockBytes{16, 32, 48, 64, 96, 128, 192, 256, 512};

  static constexpr std::size_t array_lines(std::uint32_t) { return 1; }
};
static_assert(Geometry<Tiny>);

}  // namespace arenite
