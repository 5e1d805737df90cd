// SPDX-License-Identifier: MIT
// A heap root that passed R1, R2 and A1, and the arithmetic that follows from it: where each
// structure lies. Indices within the counts given here always lead inside the reservation, so the
// checks that use them need no further bounds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "geometry/size_classes.hpp"
#include "layout/root.hpp"

namespace arenite {

struct HeapPlan {
  HeapRoot<Remote> root;
  Address root_address;
  std::uint32_t arena_count;
  std::uint32_t pool_count;
  std::uint32_t thread_count;  ///< blocks that were ever used

  Address arena(std::uint32_t index) const {
    return root.arenas.address + std::uint64_t{index} * sizeof(ArenaDescriptor<Remote>);
  }
  Address class_byte(std::uint32_t pool) const { return root.class_bytes.address + pool; }
  Address pool(std::uint32_t index) const {
    return root.pools.address + std::uint64_t{index} * sizeof(PoolDescriptor<Remote>);
  }
  Address bitmap(std::uint32_t pool) const {
    return root.bitmaps.address + std::uint64_t{pool} * root.bitmap_bytes;
  }
  /// Where `count` blocks stand on one of a class's shelves.
  Address shelf(std::uint32_t size_class, unsigned number, std::uint32_t count) const {
    const Address begin = root.shelves.address + root.page_bytes / 2;
    const Address middle =
        begin + std::uint64_t{size_class} * root.shelf_bytes + root.shelf_bytes / 2;
    return number == 0 ? middle : middle - std::uint64_t{count} * 8;
  }
  Address thread(std::uint32_t index) const {
    return root.threads.address + std::uint64_t{index} * root.thread_bytes;
  }
  Address array(std::uint32_t thread_index, std::uint32_t size_class) const {
    return thread(thread_index) + std::uint64_t{root.classes[size_class].first_line} * kLineBytes;
  }
  Address attached(std::uint32_t thread_index) const {
    return thread(thread_index) + root.attached_offset;
  }
  Address user(std::uint32_t pool) const {
    return root.range.address + std::uint64_t{pool} * root.pool_bytes;
  }
  bool in_pools(Address at) const { return at - root.range.address < root.range.committed; }
  /// Requires: in_pools(at).
  std::uint32_t pool_of(Address at) const {
    return static_cast<std::uint32_t>((at - root.range.address) / root.pool_bytes);
  }
};

/// Words of a free bitmap, at the most: pools of 64 KiB, blocks of 8 bytes.
inline constexpr std::size_t kMaxBitmapWords = 65536 / 8 / 64;

}  // namespace arenite
