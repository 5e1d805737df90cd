// SPDX-License-Identifier: MIT
// The heap's own way from indices to its structures and from addresses to indices: arithmetic on
// the tables whose places the root holds. Never reads at a user's address.
//
// The tables come from the page source as zeros, and zeros are the first state of every structure
// in them; that they are used as objects from then on is what std::start_lifetime_as will say.
#pragma once

#include "base/strong.hpp"
#include "geometry/size_classes.hpp"
#include "layout/root.hpp"

namespace arenite {

template <class Geometry>
class Tables {
 public:
  using Root = HeapRoot<Native>;
  using Classes = SizeClasses<Geometry>;

  explicit Tables(const Root& root) : root_(root) {}

  /// Whether the address lies in committed pools: any 64-bit value may be asked about.
  bool owns(Address at) const {
    // Relaxed: who holds a block learned of it after its arena was committed.
    return at - root_.range.address < root_.range.committed.load(std::memory_order_relaxed);
  }

  /// Whether the address has a class byte: that table is there for the whole range from the start.
  bool in_range(Address at) const { return at - root_.range.address < root_.range.bytes; }

  /// Requires: in_range(at). For descriptors and bitmaps, owns(at) too.
  PoolIndex pool_of(Address at) const {
    return PoolIndex{static_cast<std::uint32_t>((at - root_.range.address) / Geometry::kPoolBytes)};
  }
  static std::uint32_t offset_in_pool(Address at) {
    // The range begins at a multiple of an arena.
    return static_cast<std::uint32_t>(at % Geometry::kPoolBytes);
  }

  Address pool_address(PoolIndex pool) const {
    return root_.range.address + Address{pool.value} * Geometry::kPoolBytes;
  }
  PoolDescriptor<Native>& pool(PoolIndex index) const {
    return entry<PoolDescriptor<Native>>(root_.pools, index.value);
  }
  std::atomic<std::uint8_t>& class_byte(PoolIndex index) const {
    return entry<std::atomic<std::uint8_t>>(root_.class_bytes, index.value);
  }
  /// The class byte of the pool an address lies in. Requires: in_range(at).
  std::size_t class_byte_at(Address at) const {
    const std::size_t pool = (at - root_.range.address) / Geometry::kPoolBytes;
    // Relaxed: who holds a block learned of it after its pool got its class.
    return entry<std::atomic<std::uint8_t>>(root_.class_bytes, pool)
        .load(std::memory_order_relaxed);
  }
  BitmapWord<Native>* bitmap(PoolIndex index) const {
    return &entry<BitmapWord<Native>>(root_.bitmaps,
                                      std::size_t{index.value} * Classes::kBitmapWords);
  }
  /// The slots that `count` blocks take on one of a class's shelves. Requires: shelves are
  /// accessible.
  std::uint64_t* shelf(SizeClass size_class, unsigned number, std::size_t count) const {
    constexpr std::size_t kHalfPage = Geometry::kPageBytes / 2 / 8;
    const std::size_t middle = (2 * std::size_t{size_class.value} + 1) * Geometry::kShelfSlots;
    return &entry<std::uint64_t>(root_.shelves, kHalfPage + middle - (number == 0 ? 0 : count));
  }
  ArenaDescriptor<Native>& arena(ArenaIndex index) const {
    return entry<ArenaDescriptor<Native>>(root_.arenas, index.value);
  }
  std::uint32_t arena_count() const {
    return static_cast<std::uint32_t>(root_.range.committed.load(std::memory_order_relaxed) /
                                      kArenaBytes<Geometry>);
  }

 private:
  template <class T>
  static T& entry(const Stretch<Native>& table, std::size_t index) {
    return reinterpret_cast<T*>(table.address)[index];
  }

  const Root& root_;
};

}  // namespace arenite
