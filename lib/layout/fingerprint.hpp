// SPDX-License-Identifier: MIT
// One number that differs whenever a struct the heap writes is laid out differently. A reader from
// outside refuses a heap whose fingerprint is not the one it was compiled with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "layout/root.hpp"

namespace arenite {

/// FNV-1a over 64-bit numbers (Fowler, Noll, Vo).
constexpr std::uint64_t hash_numbers(std::initializer_list<std::uint64_t> numbers) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint64_t number : numbers)
    for (int i = 0; i < 8; ++i, number >>= 8) hash = (hash ^ (number & 0xff)) * 0x100000001b3;
  return hash;
}

inline constexpr std::uint64_t kFingerprint = [] {
  using Root = HeapRoot<Remote>;
  using Pool = PoolDescriptor<Remote>;
  using Arena = ArenaDescriptor<Remote>;
  using Header = ThreadHeader<Remote>;
  return hash_numbers({
      kLayoutVersion,
      sizeof(void*),
      sizeof(Root),
      offsetof(Root, fingerprint),
      offsetof(Root, geometry),
      offsetof(Root, build_id),
      offsetof(Root, page_bytes),
      offsetof(Root, reservation),
      offsetof(Root, arenas),
      offsetof(Root, class_bytes),
      offsetof(Root, pools),
      offsetof(Root, bitmaps),
      offsetof(Root, shelves),
      offsetof(Root, threads),
      offsetof(Root, range),
      offsetof(Root, range_lock),
      offsetof(Root, arena_lists),
      offsetof(Root, thread_lock),
      offsetof(Root, shelf_bytes),
      offsetof(Root, classes),
      offsetof(Root, lists),
      sizeof(ClassRecord),
      offsetof(ClassRecord, capacity),
      offsetof(ClassRecord, slots),
      offsetof(ClassRecord, first_line),
      offsetof(ClassRecord, shelf_slots),
      sizeof(ClassList<Remote>),
      offsetof(ClassList<Remote>, shelved),
      sizeof(Stretch<Remote>),
      sizeof(Pool),
      offsetof(Pool, size_class),
      offsetof(Pool, carved),
      offsetof(Pool, next),
      offsetof(Pool, owner),
      offsetof(Pool, span_pools),
      offsetof(Pool, span_bytes),
      sizeof(Arena),
      offsetof(Arena, dirty_pools),
      offsetof(Arena, decommitted_pools),
      offsetof(Arena, next),
      sizeof(Header),
      offsetof(Header, state),
      offsetof(Header, system_thread),
      offsetof(Header, kept_span),
      sizeof(ThreadArray),
      offsetof(ThreadArray, capacity),
      offsetof(ThreadArray, reciprocal),
      kLineBytes,
      kArenaPools,
      static_cast<std::uint64_t>(PoolState::kept),
  });
}();

}  // namespace arenite
