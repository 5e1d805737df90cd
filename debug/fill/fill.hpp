// SPDX-License-Identifier: MIT
// What memory is filled with that the program may not count on, and the search for the first byte
// that is not as it was filled. CPython's bytes: 0xCD new, 0xDD freed, 0xFD guards. Pure functions
// on the bytes they are given; any thread, signal handlers too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/strong.hpp"

namespace arenite {

inline constexpr std::uint8_t kFreshByte = 0xCD;
inline constexpr std::uint8_t kFreedByte = 0xDD;
inline constexpr std::uint8_t kGuardByte = 0xFD;

/// [begin, end) in memory.
struct Extent {
  Address begin;
  Address end;
  bool empty() const { return begin >= end; }
  std::size_t size() const { return empty() ? 0 : end - begin; }
};

namespace detail {

/// Sixteen bytes anywhere.
using Unit [[gnu::vector_size(16)]] = std::uint64_t;
inline constexpr std::size_t kUnitBytes = sizeof(Unit);
/// More than these, and a call costs less than it saves.
inline constexpr std::size_t kFewBytes = 256;

/// A unit at any address. Packed, because clang 14 takes a reference to an alias of less alignment
/// for one to the vector itself, and moves it with an instruction that faults.
struct [[gnu::packed, gnu::may_alias]] PlacedUnit {
  Unit unit;
};
inline Unit unit_at(Address at) {
  return reinterpret_cast<const PlacedUnit*>(at)->unit;
}
inline void set_unit(Address at, Unit unit) {
  reinterpret_cast<PlacedUnit*>(at)->unit = unit;
}
constexpr Unit unit_of(std::uint8_t byte) {
  const std::uint64_t word = std::uint64_t{0x0101010101010101} * byte;
  return Unit{word, word};
}

// Extents of one unit at least. The last unit ends where the extent does and may overlap the one
// before.

inline void fill_units(Extent bytes, Unit with) {
  for (Address at = bytes.begin; at + kUnitBytes < bytes.end; at += kUnitBytes) set_unit(at, with);
  set_unit(bytes.end - kUnitBytes, with);
}
inline bool all_units(Extent bytes, Unit expected) {
  Unit difference = unit_at(bytes.end - kUnitBytes) ^ expected;
  for (Address at = bytes.begin; at + kUnitBytes < bytes.end; at += kUnitBytes)
    difference |= unit_at(at) ^ expected;
  return (difference[0] | difference[1]) == 0;
}

// The same four units at a time, for what is not mostly shorter than that.

inline constexpr std::size_t kFourUnits = 4 * kUnitBytes;

inline void fill_four_units(Extent bytes, Unit with) {
  const auto unit = [&](unsigned i) { set_unit(bytes.begin + i * kUnitBytes, with); };
  for (; bytes.begin + kFourUnits <= bytes.end; bytes.begin += kFourUnits)
    unit(0), unit(1), unit(2), unit(3);
  fill_units(bytes, with);
}
inline bool all_four_units(Extent bytes, Unit expected) {
  const auto unit = [&](unsigned i) { return unit_at(bytes.begin + i * kUnitBytes) ^ expected; };
  Unit difference{};
  for (; bytes.begin + kFourUnits <= bytes.end; bytes.begin += kFourUnits)
    difference |= (unit(0) | unit(1)) | (unit(2) | unit(3));
  return all_units(bytes, expected) && (difference[0] | difference[1]) == 0;
}

inline bool is_few_units(Extent bytes) {
  return bytes.begin + kUnitBytes <= bytes.end && bytes.end - bytes.begin <= kFewBytes;
}

Address search_unlike(Extent bytes, std::uint8_t expected);

}  // namespace detail

inline void fill(Extent bytes, std::uint8_t with) {
  if (detail::is_few_units(bytes)) [[likely]]
    return detail::fill_four_units(bytes, detail::unit_of(with));
  if (!bytes.empty()) std::memset(reinterpret_cast<void*>(bytes.begin), with, bytes.size());
}

/// The address of the first byte that is not `expected`; 0 if there is none.
inline Address first_unlike(Extent bytes, std::uint8_t expected) {
  if (detail::is_few_units(bytes) && detail::all_four_units(bytes, detail::unit_of(expected)))
      [[likely]]
    return 0;
  return detail::search_unlike(bytes, expected);
}

/// Guard bytes. With a key, each eight of them depend on where they lie, so that a block copied
/// with its guards, or an overflow that happens to write 0xFD, is seen as well.
class GuardPattern {
 public:
  /// 0: every guard byte is 0xFD.
  constexpr explicit GuardPattern(std::uint64_t key = 0) : key_(key) {}

  void write(Extent guard) const {
    if (plain_and_long(guard)) [[likely]]
      return detail::fill_units(guard, detail::unit_of(kGuardByte));
    write_any(guard);
  }

  /// What stands at an address of a guard.
  std::uint8_t byte(Address at) const {
    return static_cast<std::uint8_t>(word(at & ~Address{7}) >> (at % 8 * 8));
  }

  /// The address of the first changed byte; 0 if all are intact.
  Address first_changed(Extent guard) const {
    if (plain_and_long(guard) && detail::all_units(guard, detail::unit_of(kGuardByte))) [[likely]]
      return 0;
    return search(guard);
  }

 private:
  static constexpr std::uint64_t kPlain = std::uint64_t{0x0101010101010101} * kGuardByte;
  bool plain_and_long(Extent guard) const {
    return key_ == 0 && guard.begin + detail::kUnitBytes <= guard.end;
  }

  void write_any(Extent guard) const;
  Address search(Extent guard) const;

  /// Of the eight bytes at an address that is a multiple of eight.
  std::uint64_t word(Address at) const { return kPlain ^ (at * key_); }
  /// Of the eight bytes at any address.
  std::uint64_t word_anywhere(Address at) const;

  std::uint64_t key_;
};

}  // namespace arenite
