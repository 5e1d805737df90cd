// SPDX-License-Identifier: MIT
// Coverage that the compiler cannot see: which class boundaries were asked for, and in which states
// the pools were that blocks came from and went to. The same code serves all sizes, so nothing else
// tells a fuzzer that it found a new one.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "layout/tables.hpp"
#include "pool/bitmap.hpp"

namespace arenite::fuzz {

/// Three geometries' classes, one behind the other.
template <class G>
inline constexpr std::size_t kFirstClass = [] {
  std::size_t first = 0;
  if (!std::is_same_v<G, Tiny>) first += SizeClasses<Tiny>::kCount;
  if (std::is_same_v<G, Production>) first += SizeClasses<Classic>::kCount;
  return first;
}();
inline constexpr std::size_t kAllClasses =
    kFirstClass<Production> + SizeClasses<Production>::kCount;

inline constexpr std::size_t kStates = static_cast<std::size_t>(PoolState::kept) + 1;
inline constexpr std::size_t kBoundaries = 8, kFills = 5, kSpanSizes = 64;

struct PoolCounters {
  std::uint8_t boundary[kAllClasses][kBoundaries];
  std::uint8_t state[2][kAllClasses][kStates][kFills];
  std::uint8_t span[kSpanSizes];
};

/// An observer for the executor that counts into a PoolCounters.
class PoolCoverage {
 public:
  explicit PoolCoverage(PoolCounters& counters) : counters_(&counters) {}

  template <class Heap>
  void allocated(const Heap& heap, std::size_t bytes, Address at) const {
    using G = typename Heap::Geometry;
    using Classes = SizeClasses<G>;
    if (bytes > Classes::kSmallLimit) {
      mark(counters_->span[std::bit_width(bytes)]);
      return;
    }
    const SizeClass size_class = Classes::class_of(bytes);
    mark(counters_->boundary[kFirstClass<G> + size_class.value][boundary<G>(size_class, bytes)]);
    look<G>(heap, at, 0);
  }

  template <class Heap>
  void freed(const Heap& heap, Address at) const {
    look<typename Heap::Geometry>(heap, at, 1);
  }

 private:
  /// Seen or not: how often would be eight features for each, and a corpus that grows for nothing.
  static void mark(std::uint8_t& counter) { counter = 1; }

  /// 0 to 3: that many bytes below the block size; 4 to 6: 1 to 3 above the class before; 7: else.
  template <class G>
  static std::size_t boundary(SizeClass size_class, std::size_t bytes) {
    using Classes = SizeClasses<G>;
    const std::size_t below = Classes::facts(size_class).block_bytes - bytes;
    if (below <= 3) return below;
    const std::size_t before = size_class.value == 0 ? 0 : Classes::kBlocks[size_class.value - 1u];
    return std::min<std::size_t>(bytes - before + 3, 7);
  }

  template <class G, class Heap>
  void look(const Heap& heap, Address at, std::size_t direction) const {
    const Tables<G> tables(heap.root());
    if (!tables.owns(at)) return;
    const PoolIndex pool = tables.pool_of(at);
    const PoolDescriptor<Native>& descriptor = tables.pool(pool);
    const SizeClass size_class{descriptor.size_class.load(std::memory_order_relaxed)};
    const auto state = static_cast<std::size_t>(descriptor.state.load(std::memory_order_relaxed));
    const unsigned capacity = SizeClasses<G>::facts(size_class).capacity;
    unsigned free = 0;
    const FreeBitmap bitmap(tables.bitmap(pool), capacity);
    for (unsigned i = 0; i < bitmap.word_count(); ++i)
      free += static_cast<unsigned>(
          std::popcount(tables.bitmap(pool)[i].load(std::memory_order_relaxed)));
    const std::size_t fill = free == 0              ? 0u
                             : free == 1            ? 1u
                             : free == capacity     ? 4u
                             : free + 1 == capacity ? 3u
                                                    : 2u;
    mark(counters_->state[direction][kFirstClass<G> + size_class.value][state][fill]);
  }

  PoolCounters* counters_;
};

}  // namespace arenite::fuzz
