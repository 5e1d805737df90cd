// SPDX-License-Identifier: MIT
// What the model writes into blocks and expects to find again: a stretch of words that follows from
// a seed. A small block is written whole, a large one at its head, its tail and some places
// between, so that a large block costs no more than a small one. Pure functions over the bytes
// given.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace arenite::model {

namespace contents {

inline constexpr std::size_t kWord = 8;
/// Blocks up to here are written whole.
inline constexpr std::size_t kWhole = 256;
inline constexpr std::size_t kEdge = 64;
inline constexpr std::size_t kMiddles = 14;

constexpr std::uint64_t word_at(std::uint64_t seed, std::size_t index) {
  std::uint64_t word = (seed + 1) * 0x9e3779b97f4a7c15 + index * 0xd6e8feb86659fd93;
  word = (word ^ word >> 32) * 0xd6e8feb86659fd93;
  return word ^ word >> 29;
}

/// Calls each(first word, number of words) for the stretches of a block of `bytes` that are
/// written. Stops and returns false when `each` does.
template <class Each>
bool for_each_stretch(std::size_t bytes, Each each) {
  const std::size_t words = bytes / kWord;
  if (bytes <= kWhole) return each(std::size_t{0}, words);
  const std::size_t edge = kEdge / kWord;
  if (!each(std::size_t{0}, edge)) return false;
  for (std::size_t i = 1; i <= kMiddles; ++i)
    if (!each(words / (kMiddles + 1) * i, std::size_t{1})) return false;
  return each(words - edge, edge);
}

}  // namespace contents

/// Writes a block of `bytes`, a multiple of 8.
inline void fill(void* block, std::size_t bytes, std::uint64_t seed) {
  auto* base = static_cast<std::byte*>(block);
  contents::for_each_stretch(bytes, [base, seed](std::size_t first, std::size_t words) {
    for (std::size_t i = first; i < first + words; ++i) {
      const std::uint64_t word = contents::word_at(seed, i);
      std::memcpy(base + i * contents::kWord, &word, sizeof word);
    }
    return true;
  });
}

/// Writes the last bytes before `end` of a block that was filled, so that a prefix of it that is
/// kept can be checked to its last byte with `first_wrong_before`.
inline void fill_before(void* block, std::size_t end, std::uint64_t seed) {
  auto* base = static_cast<std::byte*>(block);
  for (std::size_t i = end - std::min(end, contents::kWord); i < end; ++i) {
    const std::uint64_t word = contents::word_at(seed, i / contents::kWord);
    std::memcpy(base + i, reinterpret_cast<const std::byte*>(&word) + i % contents::kWord, 1);
  }
}

/// Offset of the first byte at `from` or behind, and before `to`, that is not as `fill` wrote it.
inline std::optional<std::size_t> first_wrong_byte(const void* block, std::size_t from,
                                                   std::size_t to, std::uint64_t seed) {
  const auto* base = static_cast<const std::byte*>(block);
  for (std::size_t i = from; i < to; ++i) {
    const std::uint64_t word = contents::word_at(seed, i / contents::kWord);
    if (base[i] != reinterpret_cast<const std::byte*>(&word)[i % contents::kWord]) return i;
  }
  return std::nullopt;
}

/// The same over the stretches that `fill` wrote in a block of `bytes`, before `kept`.
inline std::optional<std::size_t> first_wrong(const void* block, std::size_t bytes,
                                              std::size_t kept, std::uint64_t seed) {
  const auto* base = static_cast<const std::byte*>(block);
  std::optional<std::size_t> wrong;
  contents::for_each_stretch(bytes, [&](std::size_t first, std::size_t words) {
    for (std::size_t i = first; i < first + words; ++i) {
      const std::uint64_t word = contents::word_at(seed, i);
      const std::size_t at = i * contents::kWord;
      if (at + contents::kWord <= kept && std::memcmp(base + at, &word, sizeof word) == 0)
          [[likely]]
        continue;
      wrong = first_wrong_byte(block, at, std::min(at + contents::kWord, kept), seed);
      if (wrong || at >= kept) return false;
    }
    return true;
  });
  return wrong;
}

/// Offset of the first byte below `bytes` that is not zero, among the first and last KiB and some
/// places between.
inline std::optional<std::size_t> first_nonzero(const void* block, std::size_t bytes) {
  const auto* base = static_cast<const std::byte*>(block);
  const auto scan = [base](std::size_t from, std::size_t to) -> std::optional<std::size_t> {
    for (; from + 8 <= to; from += 8) {
      std::uint64_t word;
      std::memcpy(&word, base + from, sizeof word);
      if (word != 0) break;
    }
    for (; from < to; ++from)
      if (base[from] != std::byte{0}) return from;
    return std::nullopt;
  };
  constexpr std::size_t kScanned = 1024, kPlaces = 64;
  if (bytes <= 2 * kScanned) return scan(0, bytes);
  if (const auto at = scan(0, kScanned)) return at;
  for (std::size_t i = 1; i < kPlaces; ++i) {
    const std::size_t from = bytes / kPlaces * i;
    if (const auto at = scan(from, std::min(from + 16, bytes))) return at;
  }
  return scan(bytes - kScanned, bytes);
}

}  // namespace arenite::model
