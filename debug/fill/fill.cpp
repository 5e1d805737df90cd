// SPDX-License-Identifier: MIT
#include "debug/fill/fill.hpp"

#include <bit>

#include "base/bits.hpp"

namespace arenite {
namespace {

std::uint64_t load(Address at) {
  std::uint64_t word;
  std::memcpy(&word, reinterpret_cast<const void*>(at), sizeof word);
  return word;
}

void store(Address at, std::uint64_t word) {
  std::memcpy(reinterpret_cast<void*>(at), &word, sizeof word);
}

std::uint8_t load_byte(Address at) {
  return *reinterpret_cast<const std::uint8_t*>(at);
}

/// Where two words at an address differ first.
Address first_difference(Address at, std::uint64_t difference) {
  return at + static_cast<unsigned>(std::countr_zero(difference)) / 8;
}

}  // namespace

Address detail::search_unlike(Extent bytes, std::uint8_t expected) {
  const std::uint64_t word = std::uint64_t{0x0101010101010101} * expected;
  Address at = bytes.begin;
  // Four words at once: most blocks are intact, and only that has to be quick.
  for (; at + 32 <= bytes.end; at += 32) {
    const std::uint64_t difference =
        (load(at) ^ word) | (load(at + 8) ^ word) | (load(at + 16) ^ word) | (load(at + 24) ^ word);
    if (difference != 0) break;
  }
  for (; at + 8 <= bytes.end; at += 8)
    if (load(at) != word) return first_difference(at, load(at) ^ word);
  for (; at < bytes.end; ++at)
    if (load_byte(at) != expected) return at;
  return 0;
}

std::uint64_t GuardPattern::word_anywhere(Address at) const {
  const unsigned shift = at % 8 * 8;
  const Address aligned = at & ~Address{7};
  return shift == 0 ? word(at) : word(aligned) >> shift | word(aligned + 8) << (64 - shift);
}

void GuardPattern::write_any(Extent guard) const {
  Address at = guard.begin;
  if (guard.size() >= 8) {
    // The first word wherever it begins, the others where words begin: together they cover all.
    store(at, word_anywhere(at));
    for (at = round_up(at, 8); at + 8 <= guard.end; at += 8) store(at, word(at));
  }
  for (; at < guard.end; ++at) *reinterpret_cast<std::uint8_t*>(at) = byte(at);
}

Address GuardPattern::search(Extent guard) const {
  Address at = guard.begin;
  if (guard.size() >= 8) {
    const std::uint64_t first = load(at) ^ word_anywhere(at);
    if (first != 0) return first_difference(at, first);
    for (at = round_up(at, 8); at + 8 <= guard.end; at += 8)
      if (load(at) != word(at)) return first_difference(at, load(at) ^ word(at));
  }
  for (; at < guard.end; ++at)
    if (load_byte(at) != byte(at)) return at;
  return 0;
}

}  // namespace arenite
