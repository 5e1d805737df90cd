// SPDX-License-Identifier: MIT
// Where in its stretch a block lies. Pure arithmetic.
//
// The open pages of a stretch are as few as hold the request. A block lies at their end, as exactly
// as its alignment permits, or at their beginning; one aligned to more than a page always begins
// where they do. A block of no bytes lies just behind them, so that any access to it faults.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bits.hpp"
#include "debug/fill/fill.hpp"
#include "debug/guard/page_calls.hpp"

namespace arenite {

struct PagePlacement {
  Address begin = 0;
  Address open_begin = 0;
  std::size_t open_bytes = 0;

  /// Open pages for so many bytes.
  static constexpr std::size_t open_pages(std::size_t size) {
    return std::max<std::size_t>(1, size / kPageBytes + (size % kPageBytes != 0));
  }

  /// Data pages a stretch needs so that the block fits wherever the stretch begins.
  static constexpr std::size_t needed_pages(std::size_t size, std::size_t alignment) {
    return open_pages(size) + (alignment > kPageBytes ? alignment / kPageBytes - 1 : 0);
  }

  /// Requires: `data` has the pages needed; `alignment` is a power of two.
  static constexpr PagePlacement at(Address data, std::size_t size, std::size_t alignment,
                                    bool right) {
    const std::size_t bytes = open_pages(size) * kPageBytes;
    if (alignment <= kPageBytes) {
      const std::size_t back = right || size == 0 ? round_up(size, alignment) : bytes;
      return {data + bytes - back, data, bytes};
    }
    if (size != 0) return {round_up(data, alignment), round_up(data, alignment), bytes};
    const Address begin = round_up(data + kPageBytes, alignment);
    return {begin, begin - kPageBytes, bytes};
  }

  /// The same again from what a record keeps.
  static constexpr PagePlacement of(Address begin, std::size_t size, std::size_t pages) {
    const Address open = size == 0 ? begin - kPageBytes : round_down(begin, kPageBytes);
    return {begin, open, pages * kPageBytes};
  }

  constexpr Extent before() const { return {open_begin, begin}; }
  constexpr Extent behind(std::size_t size) const {
    return {begin + size, open_begin + open_bytes};
  }
};

}  // namespace arenite
