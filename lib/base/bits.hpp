// SPDX-License-Identifier: MIT
// Arithmetic on powers of two and on 64-bit words as sets.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace arenite {

template <class Number>
constexpr Number round_up(Number number, std::size_t power_of_two) {
  const auto below = static_cast<Number>(power_of_two - 1);
  return (number + below) & ~below;
}

template <class Number>
constexpr Number round_down(Number number, std::size_t power_of_two) {
  return number & ~static_cast<Number>(power_of_two - 1);
}

constexpr std::size_t divide_up(std::size_t number, std::size_t by) {
  return (number + by - 1) / by;
}

/// A word whose lowest `count` bits are set; 0 <= count <= 64.
constexpr std::uint64_t low_bits(unsigned count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

constexpr unsigned lowest_bit(std::uint64_t word) {
  return static_cast<unsigned>(std::countr_zero(word));
}

/// How many bits are set. Without -mpopcnt, std::popcount is a call of the compiler's library.
constexpr unsigned member_count(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  word -= word >> 1 & kOnes * 0x55;
  word = (word & kOnes * 0x33) + (word >> 2 & kOnes * 0x33);
  word = (word + (word >> 4)) & kOnes * 0x0f;
  return static_cast<unsigned>(word * kOnes >> 56);
}

/// The lowest `count` members of `word`, or all of them if it has fewer.
constexpr std::uint64_t lowest_members(std::uint64_t word, unsigned count) {
  if (count >= 64 || member_count(word) <= count) return word;
  // All bits, or all above some bit, are set in what was never used.
  const unsigned first = lowest_bit(word);
  if (word >> first == low_bits(64 - first)) return low_bits(count) << first;
  std::uint64_t rest = word;
  while (count-- > 0) rest &= rest - 1;
  return word & ~rest;
}

/// The members of `word` whose aligned group of `size` bits is full; `size` is a power of two.
constexpr std::uint64_t full_groups(std::uint64_t word, unsigned size) {
  for (unsigned half = 1; half < size; half *= 2) {
    // Bits of which the lower half of a group is made, where groups of both halves are full.
    const std::uint64_t lower = ~std::uint64_t{0} / low_bits(2 * half) * low_bits(half);
    const std::uint64_t both = word & word >> half & lower;
    word = both | both << half;
  }
  return word;
}

/// Bits i such that bits i .. i + length - 1 of `word` are all set; 1 <= length <= 64.
/// Halving: a stretch of n is two overlapping stretches of about n / 2.
constexpr std::uint64_t stretches(std::uint64_t word, unsigned length) {
  while (length > 1) {
    const unsigned half = length / 2;
    word &= word >> half;
    length -= half;
  }
  return word;
}

}  // namespace arenite
