// SPDX-License-Identifier: MIT
// The heap root: everything else is reached from here, by the heap and by whoever reads it from
// outside (through the ELF note of frontend/malloc/note.cpp). It repeats the geometry, so that a
// reader needs no knowledge of the Config.
#pragma once

#include <cstdint>

#include "layout/arena.hpp"
#include "layout/pool.hpp"
#include "layout/thread.hpp"

namespace arenite {

inline constexpr std::uint64_t kRootCookie = 0x6574696e65726165;  // "earenite" backwards
inline constexpr std::uint32_t kLayoutVersion = 5;
inline constexpr unsigned kMaxClasses = 128;
/// Shelves of a class: threads are spread over them by the numbers of their thread blocks.
/// They grow from one middle, so there are two.
inline constexpr unsigned kClassShelves = 2;

/// A stretch of the reservation; what lies before `committed` is accessible.
template <class Space>
struct Stretch {
  std::uint64_t address;
  std::uint64_t bytes;
  Shared<Space, std::uint64_t> committed;
};

/// The listed pools of a class, oldest first, and its shelves. `lock` is the class lock.
template <class Space>
struct ClassList {
  Shared<Space, std::uint32_t> lock;
  std::uint32_t head;
  std::uint32_t tail;
  std::uint32_t length;
  /// How many both shelves may hold together now; it grows with use.
  Shared<Space, std::uint32_t> shelf_room;
  /// Blocks that went past the shelves and were not asked for since. Steers only.
  Shared<Space, std::uint32_t> passed;
  /// Blocks on each shelf; written under the class lock.
  Shared<Space, std::uint32_t> shelved[kClassShelves];
};

/// What the geometry says of a class.
struct ClassRecord {
  std::uint32_t block_bytes;
  std::uint16_t capacity;
  std::uint16_t slots;
  std::uint16_t first_line;
  std::uint16_t shelf_slots;
};

template <class Space>
struct HeapRoot {
  std::uint64_t cookie;
  std::uint32_t version;
  std::uint32_t root_bytes;
  /// Hash of the sizes and places of everything the heap writes; layout/fingerprint.hpp.
  std::uint64_t fingerprint;
  std::uint32_t pointer_bytes;
  std::uint32_t class_count;
  char geometry[16];
  std::uint8_t build_id[20];
  std::uint32_t build_id_bytes;

  std::uint32_t page_bytes;
  std::uint32_t pool_bytes;
  std::uint32_t bitmap_bytes;  ///< of one pool, in the table
  std::uint32_t thread_bytes;  ///< of one thread block, in the table
  std::uint32_t attached_offset;
  std::uint32_t max_threads;

  /// The whole reservation. The tables and the range lie in it in this order, with inaccessible
  /// guard regions of `guard_bytes` at both ends and between tables and range.
  std::uint64_t reservation;
  std::uint64_t reservation_bytes;
  std::uint64_t guard_bytes;
  Stretch<Space> arenas;
  Stretch<Space> class_bytes;
  Stretch<Space> pools;
  Stretch<Space> bitmaps;
  /// The shelves of each class, `shelf_bytes` long: addresses of free blocks. They grow from their
  /// middle, the first upwards, the second downwards, so that small ones share a page: all begins
  /// half a page behind the beginning of the stretch. Accessible from the first use on.
  Stretch<Space> shelves;
  Stretch<Space> threads;
  Stretch<Space> range;

  /// Range lock: over arenas, spans and the fields to `thread_lock`.
  Shared<Space, std::uint32_t> range_lock;
  std::uint32_t dirty_pools;   ///< sum over arenas
  std::uint32_t used_pools;    ///< pools that are not free
  std::uint32_t retain_pools;  ///< dirty pools kept before pages are given back; adapts
  /// Times pages went back, since the start. Threads look at it to learn that the heap shrinks.
  Shared<Space, std::uint64_t> decommits;
  std::uint32_t arena_lists[kArenaLists];

  /// Over the thread table: who takes and gives back a thread block.
  Shared<Space, std::uint32_t> thread_lock;
  /// Thread blocks from this one on were never used.
  Shared<Space, std::uint32_t> threads_used;
  std::uint32_t shelf_bytes;  ///< of one class, in the table

  ClassRecord classes[kMaxClasses];
  ClassList<Space> lists[kMaxClasses];
};
static_assert(kSameLayout<HeapRoot> && kSameLayout<Stretch> && kSameLayout<ClassList>);

}  // namespace arenite
