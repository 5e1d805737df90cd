// SPDX-License-Identifier: MIT
// A small seeded generator (SplitMix64), so that every allocator under test sees the same
// operations.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace arenite::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }

  // Uniform below `bound`. Requires: 0 < bound <= 2^32.
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(((next() >> 32) * bound) >> 32);
  }

  // Uniform in [low, high].
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }

  // 0 with probability 1/2, 1 with 1/4, and so on, cut at `most`.
  unsigned geometric(unsigned most) {
    const auto zeros = static_cast<unsigned>(std::countr_zero(next() | (std::uint64_t{1} << 63)));
    return zeros < most ? zeros : most;
  }

 private:
  std::uint64_t state_;
};

}  // namespace arenite::bench
