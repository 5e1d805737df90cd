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

inline void fill(Extent bytes, std::uint8_t with) {
  if (!bytes.empty()) std::memset(reinterpret_cast<void*>(bytes.begin), with, bytes.size());
}

/// The address of the first byte that is not `expected`; 0 if there is none.
Address first_unlike(Extent bytes, std::uint8_t expected);

/// Guard bytes. With a key, each eight of them depend on where they lie, so that a block copied
/// with its guards, or an overflow that happens to write 0xFD, is seen as well.
class GuardPattern {
 public:
  /// 0: every guard byte is 0xFD.
  constexpr explicit GuardPattern(std::uint64_t key = 0) : key_(key) {}

  void write(Extent guard) const;
  /// The address of the first changed byte; 0 if all are intact.
  Address first_changed(Extent guard) const;

 private:
  static constexpr std::uint64_t kPlain = std::uint64_t{0x0101010101010101} * kGuardByte;

  /// Of the eight bytes at an address that is a multiple of eight.
  std::uint64_t word(Address at) const { return kPlain ^ (at * key_); }
  std::uint8_t byte(Address at) const {
    return static_cast<std::uint8_t>(word(at & ~Address{7}) >> (at % 8 * 8));
  }
  /// Of the eight bytes at any address.
  std::uint64_t word_anywhere(Address at) const;

  std::uint64_t key_;
};

}  // namespace arenite
