// SPDX-License-Identifier: MIT
// The hash of a stack: multilinear, that is, each frame times a random odd number of its own,
// summed; the upper half of the sum. The products do not wait for each other, and two different
// stacks agree with a chance of 2^-32 (Lemire, Kaser: Strongly universal string hashing is fast,
// 2014).
#pragma once

#include <array>
#include <cstdint>

#include "base/strong.hpp"

namespace arenite {

namespace detail {

inline constexpr unsigned kFactors = 256;

/// By splitmix64 (Steele, Lea, Flood, 2014).
constexpr std::array<std::uint64_t, kFactors> make_factors() {
  std::array<std::uint64_t, kFactors> factors{};
  std::uint64_t state = 0x5741434b53ull;
  for (std::uint64_t& factor : factors) {
    std::uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    factor = (mixed ^ (mixed >> 31)) | 1;
  }
  return factors;
}

inline constexpr std::array<std::uint64_t, kFactors> kFactor = make_factors();

}  // namespace detail

/// Requires: `count` < 256.
inline std::uint32_t stack_hash(const Address* frames, unsigned count) {
  std::uint64_t even = count * detail::kFactor[detail::kFactors - 1], odd = 0;
  unsigned i = 0;
  for (; i + 1 < count; i += 2) {
    even += frames[i] * detail::kFactor[i];
    odd += frames[i + 1] * detail::kFactor[i + 1];
  }
  if (i < count) even += frames[i] * detail::kFactor[i];
  return static_cast<std::uint32_t>((even + odd) >> 32);
}

}  // namespace arenite
