// SPDX-License-Identifier: MIT
// A name for every byte of allocator state that is accessible: the struct it lies in, the field,
// and the fields' numbers. Of tables longer than what is in use the rest is there, too, as
// "unused".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "geometry/size_classes.hpp"
#include "layout/root.hpp"

namespace arenite {

struct MetadataField {
  const char* structure;
  const char* name;
  Address at;
  std::size_t bytes;
  /// Of the arena, pool, thread block, list; of the class.
  std::uint32_t index = 0;
  std::uint32_t size_class = 0;
};

namespace detail {

struct Part {
  const char* name;
  std::size_t offset;
  std::size_t bytes;
};

#define ARENITE_PART(Struct, field)                        \
  Part {                                                   \
    #field, offsetof(Struct, field), sizeof(Struct::field) \
  }

inline constexpr Part kRootParts[] = {
    ARENITE_PART(HeapRoot<Remote>, cookie),
    ARENITE_PART(HeapRoot<Remote>, version),
    ARENITE_PART(HeapRoot<Remote>, root_bytes),
    ARENITE_PART(HeapRoot<Remote>, fingerprint),
    ARENITE_PART(HeapRoot<Remote>, pointer_bytes),
    ARENITE_PART(HeapRoot<Remote>, class_count),
    ARENITE_PART(HeapRoot<Remote>, geometry),
    ARENITE_PART(HeapRoot<Remote>, build_id),
    ARENITE_PART(HeapRoot<Remote>, build_id_bytes),
    ARENITE_PART(HeapRoot<Remote>, page_bytes),
    ARENITE_PART(HeapRoot<Remote>, pool_bytes),
    ARENITE_PART(HeapRoot<Remote>, bitmap_bytes),
    ARENITE_PART(HeapRoot<Remote>, thread_bytes),
    ARENITE_PART(HeapRoot<Remote>, attached_offset),
    ARENITE_PART(HeapRoot<Remote>, max_threads),
    ARENITE_PART(HeapRoot<Remote>, reservation),
    ARENITE_PART(HeapRoot<Remote>, reservation_bytes),
    ARENITE_PART(HeapRoot<Remote>, guard_bytes),
    ARENITE_PART(HeapRoot<Remote>, range_lock),
    ARENITE_PART(HeapRoot<Remote>, dirty_pools),
    ARENITE_PART(HeapRoot<Remote>, used_pools),
    ARENITE_PART(HeapRoot<Remote>, retain_pools),
    ARENITE_PART(HeapRoot<Remote>, decommits),
    ARENITE_PART(HeapRoot<Remote>, arena_lists),
    ARENITE_PART(HeapRoot<Remote>, thread_lock),
    ARENITE_PART(HeapRoot<Remote>, threads_used),
    ARENITE_PART(HeapRoot<Remote>, shelf_bytes),
};
inline constexpr Part kStretchParts[] = {
    ARENITE_PART(Stretch<Remote>, address),
    ARENITE_PART(Stretch<Remote>, bytes),
    ARENITE_PART(Stretch<Remote>, committed),
};
inline constexpr Part kClassParts[] = {
    ARENITE_PART(ClassRecord, block_bytes), ARENITE_PART(ClassRecord, capacity),
    ARENITE_PART(ClassRecord, slots),       ARENITE_PART(ClassRecord, first_line),
    ARENITE_PART(ClassRecord, shelf_slots),
};
inline constexpr Part kListParts[] = {
    ARENITE_PART(ClassList<Remote>, lock),       ARENITE_PART(ClassList<Remote>, head),
    ARENITE_PART(ClassList<Remote>, tail),       ARENITE_PART(ClassList<Remote>, length),
    ARENITE_PART(ClassList<Remote>, shelf_room), ARENITE_PART(ClassList<Remote>, passed),
    ARENITE_PART(ClassList<Remote>, shelved[0]), ARENITE_PART(ClassList<Remote>, shelved[1]),
};
inline constexpr Part kArenaParts[] = {
    ARENITE_PART(ArenaDescriptor<Remote>, free_pools),
    ARENITE_PART(ArenaDescriptor<Remote>, dirty_pools),
    ARENITE_PART(ArenaDescriptor<Remote>, decommitted_pools),
    ARENITE_PART(ArenaDescriptor<Remote>, next),
    ARENITE_PART(ArenaDescriptor<Remote>, previous),
};
inline constexpr Part kPoolParts[] = {
    ARENITE_PART(PoolDescriptor<Remote>, state),
    ARENITE_PART(PoolDescriptor<Remote>, size_class),
    ARENITE_PART(PoolDescriptor<Remote>, reserved),
    ARENITE_PART(PoolDescriptor<Remote>, carved),
    ARENITE_PART(PoolDescriptor<Remote>, next),
    ARENITE_PART(PoolDescriptor<Remote>, previous),
    ARENITE_PART(PoolDescriptor<Remote>, owner),
    ARENITE_PART(PoolDescriptor<Remote>, span_pools),
    ARENITE_PART(PoolDescriptor<Remote>, span_bytes),
};
inline constexpr Part kHeaderParts[] = {
    ARENITE_PART(ThreadHeader<Remote>, none.count),
    ARENITE_PART(ThreadHeader<Remote>, none.capacity),
    ARENITE_PART(ThreadHeader<Remote>, none.reciprocal),
    ARENITE_PART(ThreadHeader<Remote>, state),
    ARENITE_PART(ThreadHeader<Remote>, index),
    ARENITE_PART(ThreadHeader<Remote>, system_thread),
    ARENITE_PART(ThreadHeader<Remote>, decommits_seen),
    ARENITE_PART(ThreadHeader<Remote>, straight_left),
    ARENITE_PART(ThreadHeader<Remote>, kept_span),
    ARENITE_PART(ThreadHeader<Remote>, reserved),
};
inline constexpr Part kArrayParts[] = {
    ARENITE_PART(ThreadArray, count),
    ARENITE_PART(ThreadArray, capacity),
    ARENITE_PART(ThreadArray, reciprocal),
};
#undef ARENITE_PART

}  // namespace detail

template <class G>
class MetadataMap {
 public:
  using Classes = SizeClasses<G>;

  explicit MetadataMap(const HeapRoot<Native>& root) : root_(root) {
    add_root();
    add_tables();
  }

  const std::vector<MetadataField>& fields() const { return fields_; }

 private:
  template <std::size_t N>
  void add(const char* structure, const detail::Part (&parts)[N], Address at,
           std::uint32_t index = 0, std::uint32_t size_class = 0) {
    for (const detail::Part& part : parts)
      fields_.push_back({structure, part.name, at + part.offset, part.bytes, index, size_class});
  }
  void add(const char* structure, const char* name, Address at, std::size_t bytes,
           std::uint32_t index = 0, std::uint32_t size_class = 0) {
    if (bytes != 0) fields_.push_back({structure, name, at, bytes, index, size_class});
  }

  void add_root() {
    using Root = HeapRoot<Remote>;
    const Address at = reinterpret_cast<Address>(&root_);
    add("root", detail::kRootParts, at);
    std::uint32_t number = 0;
    for (const Stretch<Native>* each :
         {&root_.arenas, &root_.class_bytes, &root_.pools, &root_.bitmaps, &root_.shelves,
          &root_.threads, &root_.range})
      add("stretch", detail::kStretchParts, reinterpret_cast<Address>(each), number++);
    for (std::uint32_t i = 0; i < kMaxClasses; ++i) {
      const bool used = i < Classes::kCount;
      add(used ? "class" : "unused class", detail::kClassParts,
          at + offsetof(Root, classes) + i * sizeof(ClassRecord), i);
      add(used ? "list" : "unused list", detail::kListParts,
          at + offsetof(Root, lists) + i * sizeof(ClassList<Remote>), i);
    }
  }

  void add_tables() {
    const auto arenas = static_cast<std::uint32_t>(root_.range.committed.load() / kArenaBytes<G>);
    const std::uint32_t pools = arenas * kArenaPools;
    for (std::uint32_t i = 0; i < arenas; ++i)
      add("arena", detail::kArenaParts, root_.arenas.address + i * sizeof(ArenaDescriptor<Remote>),
          i);
    for (std::uint32_t i = 0; i < pools; ++i) {
      add("pool", "class byte", root_.class_bytes.address + i, 1, i);
      add("pool", detail::kPoolParts, root_.pools.address + i * sizeof(PoolDescriptor<Remote>), i);
      add("pool", "bitmap", root_.bitmaps.address + std::size_t{i} * Classes::kBitmapWords * 8,
          Classes::kBitmapWords * 8, i);
    }
    for (std::uint32_t i = 0; i < root_.threads_used.load(); ++i) add_thread(i);
    if (root_.shelves.committed.load() != 0) add_shelves();
    add_rest(root_.arenas, arenas * sizeof(ArenaDescriptor<Remote>));
    add_rest(root_.class_bytes, pools);
    add_rest(root_.pools, pools * sizeof(PoolDescriptor<Remote>));
    add_rest(root_.bitmaps, std::size_t{pools} * Classes::kBitmapWords * 8);
    add_rest(root_.threads, std::size_t{root_.threads_used.load()} * ThreadLayout<G>::kBytes);
  }

  /// Both shelves of a class, from the lowest slot of the one that grows downwards on.
  void add_shelves() {
    constexpr std::uint32_t kSlots = kClassShelves * G::kShelfSlots;
    const Address begin = root_.shelves.address + G::kPageBytes / 2;
    add("table", "unused", root_.shelves.address, G::kPageBytes / 2);
    for (std::uint32_t i = 0; i < Classes::kCount; ++i)
      for (std::uint32_t slot = 0; slot < kSlots; ++slot)
        add("shelf", "slot", begin + (i * kSlots + slot) * 8, 8, slot, i);
    add_rest(root_.shelves, G::kPageBytes / 2 + Classes::kCount * kSlots * 8);
  }

  void add_thread(std::uint32_t index) {
    using Layout = ThreadLayout<G>;
    const Address at = root_.threads.address + std::size_t{index} * Layout::kBytes;
    add("thread", detail::kHeaderParts, at, index);
    for (std::uint32_t i = 0; i < Classes::kCount; ++i) {
      const ClassFacts& facts = Classes::kFacts[i];
      const Address array = at + std::size_t{facts.first_line} * kLineBytes;
      add("array", detail::kArrayParts, array, index, i);
      for (std::uint32_t slot = 0; slot < facts.slots; ++slot)
        add("array", "slot", array + kArrayHeaderBytes + std::size_t{slot} * 8, 8, index, i);
      const std::size_t end = kArrayHeaderBytes + std::size_t{facts.slots} * 8;
      const std::size_t lines =
          (i + 1 < Classes::kCount ? Classes::kFacts[i + 1].first_line : Classes::kLines) -
          facts.first_line;
      add("array", "padding", array + end, lines * kLineBytes - end, index, i);
      add("thread", "attached", at + Layout::kAttachedOffset + std::size_t{i} * 4, 4, index, i);
    }
    const std::size_t attached = Layout::kAttachedOffset + 4 * Classes::kCount;
    add("thread", "padding", at + attached, Classes::kFacts[0].first_line * kLineBytes - attached,
        index);
    const std::size_t end = Classes::kLines * kLineBytes;
    add("thread", "padding", at + end, Layout::kBytes - end, index);
  }

  void add_rest(const Stretch<Native>& stretch, std::size_t used) {
    add("table", "unused", stretch.address + used, stretch.committed.load() - used);
  }

  const HeapRoot<Native>& root_;
  std::vector<MetadataField> fields_;
};

}  // namespace arenite
