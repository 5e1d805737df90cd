// SPDX-License-Identifier: MIT
// Indices that cannot be mixed up: a pool's number is not an arena's, nor a class's.
#pragma once

#include <compare>
#include <cstdint>

namespace arenite {

template <class Tag, class Number>
struct Strong {
  Number value{};

  constexpr Strong() = default;
  constexpr explicit Strong(Number number) : value(number) {}
  constexpr auto operator<=>(const Strong&) const = default;
};

using Address = std::uintptr_t;
using ArenaIndex = Strong<struct ArenaTag, std::uint32_t>;
using PoolIndex = Strong<struct PoolTag, std::uint32_t>;
using BlockIndex = Strong<struct BlockTag, std::uint32_t>;
/// Classes are numbered from 0, smallest block first.
using SizeClass = Strong<struct SizeClassTag, std::uint8_t>;

/// The end of a list of pools, arenas or threads.
inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

}  // namespace arenite
