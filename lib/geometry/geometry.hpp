// SPDX-License-Identifier: MIT
// What a geometry is: the sizes of pages, pools, arenas and blocks, as a type.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace arenite {

/// The free pools of an arena are one 64-bit word, in every geometry.
inline constexpr unsigned kArenaPools = 64;

template <class G>
concept Geometry = requires(std::uint32_t bytes) {
  { G::kName } -> std::convertible_to<const char*>;
  /// Granularity at which memory is committed; a multiple of the page source's own.
  { G::kPageBytes } -> std::convertible_to<std::size_t>;
  { G::kPoolBytes } -> std::convertible_to<std::size_t>;
  /// Every block begins at a multiple of this.
  { G::kAlignment } -> std::convertible_to<std::size_t>;
  /// What is reserved if it can be had, and the least that is worth having.
  { G::kRangeBytes } -> std::convertible_to<std::size_t>;
  { G::kMinRangeBytes } -> std::convertible_to<std::size_t>;
  { G::kMaxThreads } -> std::convertible_to<std::uint32_t>;
  { G::array_lines(bytes) } -> std::convertible_to<std::size_t>;
  /// Freed pools whose pages are kept for the next use, at least.
  { G::kRetainedPools } -> std::convertible_to<std::uint32_t>;
  /// A thread keeps a freed span of up to so many pools.
  { G::kKeptSpanPools } -> std::convertible_to<std::uint32_t>;
  /// From this many bytes of arenas on, large pages are asked for.
  { G::kLargePagesFrom } -> std::convertible_to<std::size_t>;
  /// Room on the shelf of each class, in blocks; a multiple of a page of them. A shelf holds at
  /// most kShelfBytes of blocks besides.
  { G::kShelfSlots } -> std::convertible_to<std::size_t>;
  { G::kShelfBytes } -> std::convertible_to<std::size_t>;
  G::kBlockBytes;
  requires std::has_single_bit(G::kPageBytes) && std::has_single_bit(G::kPoolBytes);
  requires G::kPoolBytes % G::kPageBytes == 0 && G::kPoolBytes <= 65536;
};

template <Geometry G>
inline constexpr std::size_t kArenaBytes = G::kPoolBytes * kArenaPools;

}  // namespace arenite
