// SPDX-License-Identifier: MIT
// What the heap must say of a bad pointer, and where a wild one may be found.
#pragma once

#include <cstdint>

#include "geometry/geometry.hpp"
#include "layout/tables.hpp"

namespace arenite::model {

enum class Verdict : std::uint8_t { interior, double_free, foreign, wild };

/// The words by which the fatal message of a verdict is known.
constexpr const char* words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::interior:
      return "interior pointer";
    case Verdict::double_free:
      return "double free";
    case Verdict::foreign:
      return "foreign pointer";
    case Verdict::wild:
      return "wild pointer";
  }
  return "";
}

/// The address of some free pool of an arena that is there; 0 if all are in use.
template <class Heap>
Address free_pool(const Heap& heap) {
  const Tables<typename Heap::Geometry> tables(heap.root());
  for (std::uint32_t i = 0; i < tables.arena_count(); ++i)
    if (const std::uint64_t free = tables.arena(ArenaIndex{i}).free_pools)
      return tables.pool_address(PoolIndex{i * kArenaPools + lowest_bit(free)});
  return 0;
}

}  // namespace arenite::model
