// SPDX-License-Identifier: MIT
// What the audit owes to each bit of allocator state: one of these invariants if it flips, or
// nothing. Written from what the fields mean, not from what the audit does.
#pragma once

#include <bit>
#include <cstring>
#include <string_view>

#include "heap/heap.hpp"
#include "proptests/checker/metadata_map.hpp"

namespace arenite {

/// Ids of invariants, with blanks between: a flip must be reported under at least one of them.
/// Empty: it must not be reported.
using Label = std::string_view;

inline constexpr Label kUnchecked = "";

template <class Heap>
class Labels {
 public:
  using G = typename Heap::Geometry;
  using Classes = SizeClasses<G>;

  /// Of a sound heap, as it is now.
  explicit Labels(Heap& heap) : heap_(heap), tables_(heap.root()) {}

  /// Of a bit of a field, counted from the field's first byte.
  Label of(const MetadataField& field, std::size_t bit) const {
    const std::string_view structure = field.structure;
    if (structure == "root") return of_root(field.name);
    if (structure == "stretch") return "A1 R2 P1 T1 S2";
    if (structure == "class") return of_class(field, bit);
    if (structure == "unused class") return "R2";
    if (structure == "list" || structure == "unused list") return of_list(field, bit);
    if (structure == "arena") return of_arena(field, bit);
    if (structure == "pool") return of_pool(field, bit);
    if (structure == "thread") return of_thread(field.name);
    if (structure == "array") return of_array(field, bit);
    if (structure == "shelf") return of_shelf(field, bit);
    return kUnchecked;
  }

 private:
  static constexpr std::string_view kLock = "lock";

  static bool is(const MetadataField& field, std::string_view name) { return field.name == name; }

  template <class Number>
  static Number value(const MetadataField& field) {
    Number number{};
    std::memcpy(&number, reinterpret_cast<const void*>(field.at), sizeof number);
    return number;
  }
  template <class Number>
  static Number flipped(const MetadataField& field, std::size_t bit) {
    return static_cast<Number>(value<Number>(field) ^ Number{1} << bit);
  }

  Label of_root(std::string_view name) const {
    struct Owed {
      std::string_view name;
      Label label;
    };
    static constexpr Owed kOwed[] = {
        {"cookie", "R1"},
        {"version", "R1"},
        {"root_bytes", "R1"},
        {"fingerprint", "R1"},
        {"pointer_bytes", "R1"},
        {"class_count", "R2"},
        // For people; the numbers below are what readers use.
        {"geometry", kUnchecked},
        {"build_id", "R3"},
        {"build_id_bytes", "R2 R3"},
        {"page_bytes", "R2"},
        {"pool_bytes", "R2"},
        {"bitmap_bytes", "R2"},
        {"thread_bytes", "R2"},
        {"attached_offset", "R2 P1"},
        {"max_threads", "R2"},
        {"reservation", "A1"},
        {"reservation_bytes", "A1"},
        {"guard_bytes", "A1"},
        // A word that is not zero is a thread inside an operation: told, but no finding.
        {"range_lock", kUnchecked},
        {"thread_lock", kUnchecked},
        {"dirty_pools", "S1"},
        {"used_pools", "S1"},
        // Any number will do: how many pages are kept, and how often some went back.
        {"retain_pools", kUnchecked},
        {"decommits", kUnchecked},
        {"arena_lists", "A2"},
        {"threads_used", "R2 P1"},
        {"shelf_bytes", "R2 T2"},
    };
    for (const Owed& each : kOwed)
      if (each.name == name) return each.label;
    return "no label";
  }

  Label of_class(const MetadataField& field, std::size_t bit) const {
    if (is(field, "shelf_slots")) return of_shelf_slots(field, bit);
    if (is(field, "block_bytes")) return of_block_bytes(field, bit);
    if (is(field, "slots")) return of_slots(field, bit);
    return "R2";
  }

  /// A size that fits between its neighbours is told by the reciprocals of the arrays in use.
  Label of_block_bytes(const MetadataField& field, std::size_t bit) const {
    const ClassRecord* classes = heap_.root().classes;
    const auto bytes = flipped<std::uint32_t>(field, bit);
    const std::uint32_t least = field.index == 0 ? 8 : classes[field.index - 1].block_bytes + 1;
    const bool last = field.index + 1 == Classes::kCount;
    const std::uint32_t most = last ? G::kPoolBytes : classes[field.index + 1].block_bytes - 1;
    const bool fits = bytes >= least && bytes <= most && bytes % 8 == 0 &&
                      G::kPoolBytes / bytes == classes[field.index].capacity;
    if (!fits) return "R2";
    for (std::uint32_t i = 0; i < heap_.root().threads_used.load(); ++i)
      if (array(i, field.index).reciprocal() != 0) return "T1";
    return kUnchecked;
  }

  /// Arrays fill whole lines, one behind the other. Behind the last one there may be room, and it
  /// may have less, as long as no thread's is longer.
  Label of_slots(const MetadataField& field, std::size_t bit) const {
    const auto slots = flipped<std::uint16_t>(field, bit);
    const std::size_t bytes = kArrayHeaderBytes + std::size_t{slots} * 8;
    const std::size_t end = heap_.root().classes[field.index].first_line * kLineBytes + bytes;
    if (field.index + 1 != Classes::kCount || bytes % kLineBytes != 0 ||
        end > heap_.root().thread_bytes)
      return "R2";
    for (std::uint32_t i = 0; i < heap_.root().threads_used.load(); ++i)
      if (array(i, field.index).capacity() > slots) return "T1";
    return kUnchecked;
  }

  // ---- shelves ----

  const ClassList<Native>& list(std::uint32_t size_class) const {
    return heap_.root().lists[size_class];
  }

  /// As with the slots of arrays.
  Label of_shelf_slots(const MetadataField& field, std::size_t bit) const {
    const auto slots = flipped<std::uint16_t>(field, bit);
    if (slots > G::kShelfSlots) return "R2";
    const ClassList<Native>& shelves = list(field.index);
    const bool enough = slots >= shelves.shelved[0].load() && slots >= shelves.shelved[1].load() &&
                        slots >= shelves.shelf_room.load();
    return enough ? kUnchecked : "T1";
  }

  Label of_list(const MetadataField& field, std::size_t bit) const {
    // The count of what passed a shelf only steers.
    if (field.name == kLock || is(field, "passed")) return kUnchecked;
    const bool counts = is(field, "shelved[0]") || is(field, "shelved[1]");
    if ((!counts && !is(field, "shelf_room")) || field.index >= Classes::kCount) return "P6";
    const auto number = flipped<std::uint32_t>(field, bit);
    if (number > heap_.root().classes[field.index].shelf_slots) return "T1";
    if (is(field, "shelf_room")) return kUnchecked;
    return of_shelf_count(field.index, is(field, "shelved[0]") ? 0 : 1, number);
  }

  /// Fewer: what is not counted any more looks live. More: what stands behind counts.
  Label of_shelf_count(std::uint32_t size_class, unsigned shelf, std::uint32_t count) const {
    if (count != 0 && heap_.root().shelves.committed.load() == 0) return "T1";
    for (std::uint32_t place = list(size_class).shelved[shelf].load(); place < count; ++place)
      if (!could_hold(size_class, on_shelf(size_class, shelf, place))) return "T2 B1 P3";
    return kUnchecked;
  }

  /// What stands so far from the middle on a shelf.
  Address on_shelf(std::uint32_t size_class, unsigned shelf, std::uint32_t place) const {
    const SizeClass number{static_cast<std::uint8_t>(size_class)};
    return tables_.shelf(number, shelf, place + 1)[shelf == 0 ? place : 0];
  }

  Label of_shelf(const MetadataField& field, std::size_t bit) const {
    constexpr std::uint32_t kMiddle = G::kShelfSlots;
    const bool upwards = field.index >= kMiddle;
    const std::uint32_t place = upwards ? field.index - kMiddle : kMiddle - 1 - field.index;
    if (place >= list(field.size_class).shelved[upwards ? 0 : 1].load()) return kUnchecked;
    return could_hold(field.size_class, flipped<std::uint64_t>(field, bit)) ? kUnchecked
                                                                            : "T2 B1 P3";
  }

  /// Whether pages were given back is remembered of free pools that are not dirty; it only steers.
  Label of_arena(const MetadataField& field, std::size_t bit) const {
    if (is(field, "free_pools")) return "A2";
    if (is(field, "dirty_pools")) return "S1";
    if (!is(field, "decommitted_pools")) return "A2";
    const ArenaDescriptor<Native>& arena = tables_.arena(ArenaIndex{field.index});
    return ((arena.free_pools & ~arena.dirty_pools) >> bit & 1) != 0 ? kUnchecked : "A4";
  }

  // ---- pools ----

  const PoolDescriptor<Native>& pool(std::uint32_t index) const {
    return tables_.pool(PoolIndex{index});
  }
  bool is_free(std::uint32_t index) const {
    return (tables_.arena(ArenaIndex{index / kArenaPools}).free_pools >> index % kArenaPools & 1) !=
           0;
  }
  /// Whether the pool lies in a span that begins before it.
  bool in_span(std::uint32_t index) const {
    for (std::uint32_t first = 0; first < index; ++first)
      if (!is_free(first) && begins_span(pool(first).state.load()) &&
          index < first + pool(first).span_pools)
        return true;
    return false;
  }
  static bool begins_span(PoolState state) {
    return state == PoolState::span || state == PoolState::kept;
  }

  Label of_pool(const MetadataField& field, std::size_t bit) const {
    const PoolState state = pool(field.index).state.load();
    if (in_span(field.index)) return of_span_rest(field, state);
    if (is_free(field.index)) {
      if (is(field, "state")) return "A3";
      return is(field, "class byte") ? "P2" : kUnchecked;
    }
    return begins_span(state) ? of_span(field, bit) : of_blocks(field, bit, state);
  }

  /// Of what follows the first pool, the last one's descriptor counts.
  Label of_span_rest(const MetadataField& field, PoolState state) const {
    if (is(field, "class byte")) return "B2";
    const bool counts = is(field, "state") || is(field, "span_pools");
    return counts && state == PoolState::span_end ? "L1" : kUnchecked;
  }

  Label of_span(const MetadataField& field, std::size_t bit) const {
    if (is(field, "state")) return "P1 L1 A3";
    if (is(field, "class byte")) return "P2";
    if (is(field, "span_pools")) return "L1";
    if (!is(field, "span_bytes")) return kUnchecked;
    // Any whole number of pages that needs just these pools.
    const auto bytes = flipped<std::uint64_t>(field, bit);
    const std::uint64_t pools = pool(field.index).span_pools;
    const bool possible = bytes % G::kPageBytes == 0 && bytes <= pools * G::kPoolBytes &&
                          bytes > (pools - 1) * G::kPoolBytes;
    return possible ? kUnchecked : "L1";
  }

  Label of_blocks(const MetadataField& field, std::size_t bit, PoolState state) const {
    if (is(field, "state")) return "P1 P7";
    if (is(field, "class byte") || is(field, "size_class")) return "P2";
    if (is(field, "carved")) return of_carved(field, bit);
    if (is(field, "next") || is(field, "previous"))
      return state == PoolState::listed ? "P6" : kUnchecked;
    if (is(field, "owner")) return state == PoolState::attached ? "P1" : kUnchecked;
    if (is(field, "bitmap")) return of_bitmap(field.index, bit, state);
    return kUnchecked;
  }

  const ClassFacts& facts(std::uint32_t index) const {
    return Classes::kFacts[pool(index).size_class.load()];
  }
  bool bit_of(std::uint32_t index, std::size_t block) const {
    return (tables_.bitmap(PoolIndex{index})[block / 64].load() >> block % 64 & 1) != 0;
  }

  /// More may have been carved than is in use, but no block that is in use was not.
  Label of_carved(const MetadataField& field, std::size_t bit) const {
    const auto carved = flipped<std::uint32_t>(field, bit);
    if (carved > facts(field.index).capacity) return "P2";
    for (std::size_t block = carved; block < facts(field.index).capacity; ++block)
      if (!bit_of(field.index, block)) return "P8";
    return kUnchecked;
  }

  /// A bit is all that says whether a block is live, so most can flip unseen; but not where the
  /// block is in an array, or was never carved, or where the pool must have free blocks or none.
  Label of_bitmap(std::uint32_t index, std::size_t block, PoolState state) const {
    const ClassFacts& of = facts(index);
    if (block >= std::size_t{of.words} * 64) return kUnchecked;
    if (block >= of.capacity) return "P4";
    if (bit_of(index, block)) {
      if (block >= pool(index).carved.load()) return "P8";
      return state == PoolState::listed && free_blocks(index) == 1 ? "P1" : kUnchecked;
    }
    if (state == PoolState::full) return "P7";
    const Address at = tables_.pool_address(PoolIndex{index}) + block * of.block_bytes;
    return is_held(at) ? "B1" : kUnchecked;
  }
  unsigned free_blocks(std::uint32_t index) const {
    unsigned count = 0;
    for (std::size_t block = 0; block < facts(index).capacity; ++block)
      count += bit_of(index, block);
    return count;
  }

  // ---- thread blocks ----

  Label of_thread(std::string_view name) const {
    if (name.starts_with("none.") || name == "state" || name == "index") return "T1";
    if (name == "attached") return "P1";
    // It may name a pool inside a span.
    if (name == "kept_span") return "P1 B2";
    // The thread's number is checked where the process's threads are known; the rest only steers.
    return kUnchecked;
  }

  BlockArray array(std::uint32_t thread, std::uint32_t size_class) const {
    const Address block =
        heap_.root().threads.address + std::size_t{thread} * ThreadLayout<G>::kBytes;
    return {block, Classes::kFacts[size_class].first_line * kLineBytes};
  }

  bool is_held(Address at) const {
    for (std::uint32_t thread = 0; thread < heap_.root().threads_used.load(); ++thread)
      for (std::uint32_t i = 0; i < Classes::kCount; ++i) {
        const BlockArray held = array(thread, i);
        for (unsigned slot = 0; slot < held.count(); ++slot)
          if (held.slot(slot) == at) return true;
      }
    for (std::uint32_t i = 0; i < Classes::kCount; ++i)
      for (unsigned shelf = 0; shelf < kClassShelves; ++shelf)
        for (std::uint32_t place = 0; place < list(i).shelved[shelf].load(); ++place)
          if (on_shelf(i, shelf, place) == at) return true;
    return false;
  }

  /// Whether an array of the class could hold the address: a block that is in no other place.
  bool could_hold(std::uint32_t size_class, Address at) const {
    typename Heap::SmallBlock small;
    return heap_.find_small(at, small) && small.begin == at &&
           pool(small.pool).size_class.load() == size_class && !bit_of(small.pool, small.index) &&
           !is_held(at);
  }

  Label of_array(const MetadataField& field, std::size_t bit) const {
    const BlockArray own = array(field.index, field.size_class);
    const unsigned slots = Classes::kFacts[field.size_class].slots;
    if (is(field, "reciprocal")) {
      const auto reciprocal = flipped<std::uint32_t>(field, bit);
      const bool unused =
          own.capacity() == 0 &&
          (reciprocal == 0 || reciprocal == Classes::kFacts[field.size_class].reciprocal);
      return unused ? kUnchecked : "T1";
    }
    if (is(field, "capacity")) {
      const auto capacity = flipped<std::uint32_t>(field, bit);
      if (own.reciprocal() == 0 && capacity != 0) return "T1";
      return capacity <= slots && capacity >= own.count() ? kUnchecked : "T1";
    }
    if (is(field, "count")) {
      // Fewer: what is not counted any more looks live. More: what stands behind counts.
      const auto count = flipped<std::uint64_t>(field, bit);
      if (count > own.capacity()) return "T1";
      for (unsigned slot = own.count(); slot < count; ++slot)
        if (!could_hold(field.size_class, own.slot(slot))) return "T2 B1 P3";
      return kUnchecked;
    }
    if (!is(field, "slot")) return kUnchecked;
    const Address first = reinterpret_cast<Address>(own.slots());
    if ((field.at - first) / 8 >= own.count()) return kUnchecked;
    return could_hold(field.size_class, flipped<std::uint64_t>(field, bit)) ? kUnchecked
                                                                            : "T2 B1 P3";
  }

  Heap& heap_;
  Tables<G> tables_;
};

}  // namespace arenite
