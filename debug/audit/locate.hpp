// SPDX-License-Identifier: MIT
// What an address is to a heap: which structure, or which block and in what state. Reads through a
// MemoryView and trusts nothing; for one address, so it searches where an audit would walk.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "debug/audit/plan.hpp"
#include "layout/view.hpp"

namespace arenite {

enum class Use : std::uint8_t {
  outside,  ///< of the heap's reservation, and not the root
  root,
  table,     ///< `name` says which
  reserved,  ///< guard region, or part of a table or of the range that is not in use
  free_pool,
  live_block,
  free_block,
  uncarved_block,
  held_block,  ///< in the array of thread block `thread`, or on its class's shelf
  pool_tail,   ///< behind the last block of its pool
  span,
  unreadable,
};

struct Location {
  Use use = Use::outside;
  const char* name = "";
  std::uint32_t arena = 0;
  std::uint32_t pool = 0;
  std::uint32_t size_class = 0;
  std::uint32_t block = 0;
  /// That holds the block; kOnShelf if none does but the shelf.
  std::uint32_t thread = 0;
  static constexpr std::uint32_t kOnShelf = ~std::uint32_t{0};
  Address begin = 0;         ///< of the block or span
  std::uint64_t bytes = 0;   ///< usable in it
  std::uint64_t offset = 0;  ///< of the address from `begin`
};

template <MemoryView View>
class Locator {
 public:
  Locator(const View& view, const HeapPlan& plan) : view_(view), plan_(plan) {}

  Location locate(Address at) const {
    Location found;
    const HeapRoot<Remote>& root = plan_.root;
    if (at - plan_.root_address < sizeof root) {
      found.use = Use::root;
      return found;
    }
    if (at - root.reservation >= root.reservation_bytes) return found;
    if (plan_.in_pools(at)) return in_pool(at);
    found.use = Use::reserved;
    const std::array tables{
        Table{"arena descriptors", root.arenas}, Table{"class bytes", root.class_bytes},
        Table{"pool descriptors", root.pools},   Table{"bitmaps", root.bitmaps},
        Table{"shelves", root.shelves},          Table{"thread blocks", root.threads}};
    for (const Table& table : tables)
      if (at - table.stretch.address < table.stretch.committed) {
        found.use = Use::table;
        found.name = table.name;
      }
    return found;
  }

 private:
  using Pool = PoolDescriptor<Remote>;
  struct Table {
    const char* name;
    Stretch<Remote> stretch;
  };

  Location in_pool(Address at) const {
    Location found;
    found.pool = plan_.pool_of(at);
    found.arena = found.pool / kArenaPools;
    ArenaDescriptor<Remote> arena;
    Pool pool;
    if (!read_object(view_, plan_.arena(found.arena), arena) ||
        !read_object(view_, plan_.pool(found.pool), pool)) {
      found.use = Use::unreadable;
    } else if ((arena.free_pools >> (found.pool % kArenaPools) & 1) != 0) {
      found.use = Use::free_pool;
      found.begin = plan_.user(found.pool);
      found.bytes = plan_.root.pool_bytes;
      found.offset = at - found.begin;
    } else if (pool.state == PoolState::attached || pool.state == PoolState::listed ||
               pool.state == PoolState::full) {
      in_block(at, pool, found);
    } else {
      in_span(at, found);
    }
    return found;
  }

  void in_block(Address at, const Pool& pool, Location& found) const {
    if (pool.size_class >= plan_.root.class_count) {
      found.use = Use::unreadable;
      return;
    }
    const ClassRecord& record = plan_.root.classes[pool.size_class];
    const std::uint64_t offset = at - plan_.user(found.pool);
    found.size_class = pool.size_class;
    found.block = static_cast<std::uint32_t>(offset / record.block_bytes);
    found.begin = plan_.user(found.pool) + std::uint64_t{found.block} * record.block_bytes;
    found.offset = at - found.begin;
    found.bytes = record.block_bytes;
    std::uint64_t word = 0;
    if (found.block >= record.capacity) {
      found.use = Use::pool_tail;
    } else if (!read_object(view_, plan_.bitmap(found.pool) + found.block / 64 * 8, word)) {
      found.use = Use::unreadable;
    } else if ((word >> (found.block % 64) & 1) != 0) {
      found.use = found.block < pool.carved ? Use::free_block : Use::uncarved_block;
    } else {
      found.use = held(found) ? Use::held_block : Use::live_block;
    }
  }

  /// Whether a thread array has the block, and sets `thread`; or its class's shelf has.
  bool held(Location& found) const {
    const ClassRecord& record = plan_.root.classes[found.size_class];
    for (std::uint32_t i = 0; i < plan_.thread_count; ++i) {
      ThreadArray array;
      if (!read_object(view_, plan_.array(i, found.size_class), array)) continue;
      const std::uint64_t count = std::min<std::uint64_t>(array.count, record.slots);
      for (std::uint64_t k = 0; k < count; ++k) {
        std::uint64_t entry;
        if (!read_object(view_, plan_.array(i, found.size_class) + kArrayHeaderBytes + k * 8,
                         entry) ||
            entry != found.begin)
          continue;
        found.thread = i;
        return true;
      }
    }
    return shelved(found);
  }

  bool shelved(Location& found) const {
    for (unsigned i = 0; i < kClassShelves; ++i)
      if (stands_on_shelf(found, i)) return true;
    return false;
  }

  bool stands_on_shelf(Location& found, unsigned number) const {
    const std::uint32_t count =
        std::min<std::uint32_t>(plan_.root.lists[found.size_class].shelved[number],
                                plan_.root.classes[found.size_class].shelf_slots);
    const Address at = plan_.shelf(found.size_class, number, count);
    for (std::uint32_t k = 0; k < count; ++k) {
      std::uint64_t entry;
      if (read_object(view_, at + k * 8, entry) && entry == found.begin) {
        found.thread = Location::kOnShelf;
        return true;
      }
    }
    return false;
  }

  /// The nearest beginning of a span at or before the pool, if that span reaches so far.
  void in_span(Address at, Location& found) const {
    found.use = Use::unreadable;
    for (std::uint32_t first = found.pool + 1; first-- > 0;) {
      Pool pool;
      if (!read_object(view_, plan_.pool(first), pool)) return;
      if (pool.state != PoolState::span && pool.state != PoolState::kept) continue;
      if (found.pool - first >= pool.span_pools) return;
      if (pool.state == PoolState::kept) {
        found.use = Use::free_pool;
        return;
      }
      found.use = Use::span;
      found.begin = plan_.user(first);
      found.bytes = pool.span_bytes;
      found.offset = at - found.begin;
      return;
    }
  }

  const View& view_;
  const HeapPlan& plan_;
};

}  // namespace arenite
