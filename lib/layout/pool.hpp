// SPDX-License-Identifier: MIT
// A pool's descriptor and its free bitmap; both lie out of line, in tables parallel to the range.
//
// States of a pool. "Class lock" is the lock of the class list in the heap root, "range lock" the
// one over arenas.
//
//   free      In its arena's free-pool word; its class byte is 0. `next`, `previous`, `owner`,
//             `carved` and the bitmap mean nothing. Leaves under the range lock, to attached,
//             listed or span. The arena's dirty word tells whether pages may hold old contents.
//   attached  One thread (`owner`) takes blocks from it, and only that thread clears bits of its
//             bitmap. Anybody sets bits. In no list. Leaves under the class lock, when it has no
//             block left (full), or when its thread ends (listed, full or free).
//   listed    In its class's list, linked both ways; has free blocks; bits are cleared under the
//             class lock. Leaves under it: to attached; when its last block is taken, to full;
//             when all its blocks are free, to free.
//   full      In no list, had no free block when it was left. Whoever sets a bit and then sees this
//             state lists it, under the class lock.
//   span      First pool of a span; `span_pools` pools follow from here, itself included, and
//             `span_bytes` is what its user may use. All its pools have class byte 0.
//   span_end  Last pool of a span of two or more; `span_pools` agrees with the first. Pools
//             between keep whatever their descriptors held.
//   kept      As span, but freed: one thread keeps it for its next request (`kept_span` of its
//             header). Leaves by that thread's hand: to span, or to free under the range lock.
#pragma once

#include <cstdint>

#include "layout/space.hpp"

namespace arenite {

enum class PoolState : std::uint8_t { free, attached, listed, full, span, span_end, kept };

template <class Space>
struct PoolDescriptor {
  Shared<Space, PoolState> state;
  Shared<Space, std::uint8_t> size_class;
  std::uint16_t reserved;
  /// Blocks from this one on were never handed out, and their pages, if the pool was clean when it
  /// was taken, never touched.
  Shared<Space, std::uint32_t> carved;
  std::uint32_t next;
  std::uint32_t previous;
  std::uint32_t owner;
  std::uint32_t span_pools;
  std::uint64_t span_bytes;
};
static_assert(kSameLayout<PoolDescriptor> && sizeof(PoolDescriptor<Native>) == 32);

/// A word of a free bitmap: bit i set says that block i of these 64 is free and in no array.
template <class Space>
using BitmapWord = Shared<Space, std::uint64_t>;

}  // namespace arenite
