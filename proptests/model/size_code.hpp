// SPDX-License-Identifier: MIT
// How a program says a size, in 32 bits: relative to the geometry it runs on, and so that the sizes
// at which something changes are likely. Bits 30 and 31 say how:
//   0 tiny      bits 0-6: that many bytes
//   1 uniform   bits 0-19, reduced to twice the largest class
//   2 boundary  bits 0-6: a class; bits 8-10: 0 to 6 stand for its block size - 3 to + 3
//   3 large     bits 0-7: how many; bits 8-9: pages, pools, arenas, or below SIZE_MAX; bits 10-12:
//               as above
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "geometry/geometry.hpp"

namespace arenite::model {

enum class SizeWay : std::uint8_t { tiny, uniform, boundary, large };
enum class SizeUnit : std::uint8_t { pages, pools, arenas, huge };

struct SizeCode {
  SizeWay way = SizeWay::tiny;
  SizeUnit unit = SizeUnit::pages;
  /// The class, or how many units, or the number of bytes.
  std::uint32_t number = 0;
  /// -3 to +3
  int delta = 0;

  static constexpr SizeCode decode(std::uint32_t arg) {
    const auto delta = [](std::uint32_t bits) {
      return (bits & 7) == 7 ? 0 : static_cast<int>(bits & 7) - 3;
    };
    SizeCode code{.way = static_cast<SizeWay>(arg >> 30)};
    switch (code.way) {
      case SizeWay::tiny:
        code.number = arg & 0x7f;
        break;
      case SizeWay::uniform:
        code.number = arg & 0xfffff;
        break;
      case SizeWay::boundary:
        code.number = arg & 0x7f;
        code.delta = delta(arg >> 8);
        break;
      case SizeWay::large:
        code.number = arg & 0xff;
        code.unit = static_cast<SizeUnit>(arg >> 8 & 3);
        code.delta = delta(arg >> 10);
        break;
    }
    return code;
  }

  constexpr std::uint32_t encode() const {
    const std::uint32_t head = static_cast<std::uint32_t>(way) << 30 | number;
    const std::uint32_t shifted = static_cast<std::uint32_t>(delta + 3);
    if (way == SizeWay::boundary) return head | shifted << 8;
    if (way == SizeWay::large) return head | static_cast<std::uint32_t>(unit) << 8 | shifted << 10;
    return head;
  }
};

constexpr std::uint32_t canonical_size(std::uint32_t arg) {
  return SizeCode::decode(arg).encode();
}

/// The bytes a code asks for.
template <Geometry G>
constexpr std::size_t bytes_of(SizeCode code) {
  const auto moved = [&code](std::size_t bytes) {
    if (code.delta < 0 && bytes < static_cast<std::size_t>(-code.delta)) return std::size_t{0};
    return bytes + static_cast<std::size_t>(code.delta);
  };
  switch (code.way) {
    case SizeWay::tiny:
      return code.number;
    case SizeWay::uniform:
      return code.number % (2 * std::size_t{G::kBlockBytes.back()} + 1);
    case SizeWay::boundary:
      return moved(G::kBlockBytes[code.number % G::kBlockBytes.size()]);
    case SizeWay::large:
      break;
  }
  switch (code.unit) {
    case SizeUnit::pages:
      return moved(code.number * G::kPageBytes);
    case SizeUnit::pools:
      return moved(code.number * G::kPoolBytes);
    case SizeUnit::arenas:
      return moved((code.number & 7) * kArenaBytes<G>);
    case SizeUnit::huge:
      break;
  }
  // Just below SIZE_MAX, then further away in ever larger steps.
  return SIZE_MAX - (std::size_t{code.number & 0xf} << (code.number >> 4) * 4);
}

/// "tiny:13", "uniform:517", "class:5-1", "pools:3+0"; parse_size is its inverse.
std::string size_text(std::uint32_t arg);
std::optional<std::uint32_t> parse_size(std::string_view text);

}  // namespace arenite::model
