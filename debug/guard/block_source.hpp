// SPDX-License-Identifier: MIT
// Where the guard heap has its blocks from: a heap, seen as these few functions.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"

namespace arenite {

/// allocate, allocate_zeroed, allocate_aligned   a block, or null if memory cannot be had
/// free            gives it back
/// find_small      the block of a pool that any address lies in, with pool number and index in it
/// owns            whether any address lies in memory the heap hands out; never reads at it
/// pool_number     of an address the heap owns
/// span_bytes      what may be used at a large block, by the address of its beginning
/// range, pools    where the heap's pools begin, how many there can be, and how large each is
template <class S>
concept BlockSource =
    requires(S source, std::size_t bytes, void* block, Address at, typename S::SmallBlock small) {
      { source.allocate(bytes) } -> std::same_as<void*>;
      { source.allocate_zeroed(bytes) } -> std::same_as<void*>;
      { source.allocate_aligned(bytes, bytes) } -> std::same_as<void*>;
      { source.free(block) };
      { source.find_small(at, small) } -> std::same_as<bool>;
      { source.owns(at) } -> std::same_as<bool>;
      { source.pool_number(at) } -> std::same_as<std::uint32_t>;
      { source.span_bytes(block) } -> std::same_as<std::size_t>;
      { source.range_begin() } -> std::same_as<Address>;
      { source.most_pools() } -> std::same_as<std::uint32_t>;
      { source.pools_in_use() } -> std::same_as<std::uint32_t>;
      { S::kPoolBytes } -> std::convertible_to<std::size_t>;
      { S::kLeastBlockBytes } -> std::convertible_to<std::size_t>;
      { S::kAlignment } -> std::convertible_to<std::size_t>;
    };

}  // namespace arenite
