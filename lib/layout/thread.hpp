// SPDX-License-Identifier: MIT
// A thread block: what one thread keeps, arrays of pointers to free blocks and the pools it is
// attached to. Lies in the heap's thread table, one stride each, and begins with the array of
// capacity zero; then follows the table of attached pools, one 32-bit pool index per class; the
// array of a class begins at its first line (geometry/size_classes.hpp). An array that was never
// used is zero, its page untouched.
//
// Only its thread writes a thread block while it is live. It reads its own arrays plainly and
// writes them atomically, because audits and a forked child read them, atomically too. A block is
// never in two places, at any instruction: it leaves the bitmap before it enters an array, and
// leaves the array before it enters the bitmap.
#pragma once

#include <cstdint>

#include "geometry/size_classes.hpp"
#include "layout/space.hpp"

namespace arenite {

/// Header of a thread array; `capacity` slots of 64-bit addresses follow. Where the capacity is
/// zero the reciprocal may be too: whoever frees a block of the class then goes the slow path.
///
/// The count is a whole word, though it stays small: processors hand a word that was just stored to
/// the next load sooner than a part of one, and each malloc and free waits for the count of the
/// operation before it (lib/adr/019).
struct ThreadArray {
  std::uint64_t count;
  std::uint32_t capacity;
  std::uint32_t reciprocal;
};
static_assert(sizeof(ThreadArray) == kArrayHeaderBytes);

enum class ThreadState : std::uint32_t {
  unused,    ///< in nobody's hands
  live,      ///< a thread's
  diverted,  ///< a thread's, whose arrays have capacity zero
};

/// The first line of a thread block.
template <class Space>
struct ThreadHeader {
  ThreadArray none;
  Shared<Space, ThreadState> state;
  std::uint32_t index;
  /// The system's number of the thread, for reports.
  Shared<Space, std::uint64_t> system_thread;
  /// The root's count of decommits when this thread last handed back all it held.
  std::uint64_t decommits_seen;
  /// So many more blocks of classes without room go straight to the bitmaps: the heap shrinks.
  std::uint64_t straight_left;
  /// First pool of the freed span that the thread keeps, plus 1; 0 if it keeps none.
  Shared<Space, std::uint32_t> kept_span;
  std::uint32_t reserved[3];
};
static_assert(kSameLayout<ThreadHeader> && sizeof(ThreadHeader<Native>) == kLineBytes);

template <class Geometry>
struct ThreadLayout {
  using Classes = SizeClasses<Geometry>;
  static constexpr std::size_t kAttachedOffset = kLineBytes;
  static constexpr std::size_t kBytes =
      round_up(Classes::kLines * kLineBytes, Geometry::kPageBytes);
};

}  // namespace arenite
