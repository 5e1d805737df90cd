// SPDX-License-Identifier: MIT
// The blocks that stand in thread arrays and on shelves, as a bit for each block of a heap: an
// audit says what is wrong with them, this only says which they are. Entries that are no blocks are
// passed over.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "debug/audit/plan.hpp"
#include "debug/audit/scratch.hpp"
#include "layout/view.hpp"

namespace arenite {

class HeldBlocks {
 public:
  explicit HeldBlocks(const HeapPlan& plan)
      : plan_(plan),
        words_per_pool_(plan.root.bitmap_bytes / 8),
        words_(std::size_t{plan.pool_count} * plan.root.bitmap_bytes) {}

  /// Whether the memory could be had; nothing else may be called if not.
  bool had() const { return words_.had(); }

  template <MemoryView View>
  void gather(const View& view) {
    for (std::uint32_t thread = 0; thread < plan_.thread_count; ++thread)
      for (std::uint32_t i = 0; i < plan_.root.class_count; ++i) gather_array(view, thread, i);
    for (std::uint32_t i = 0; i < plan_.root.class_count; ++i)
      for (unsigned shelf = 0; shelf < kClassShelves; ++shelf) gather_shelf(view, i, shelf);
  }

  const std::uint64_t* of_pool(std::uint32_t pool) const {
    return static_cast<const std::uint64_t*>(words_.data()) + pool * words_per_pool_;
  }

 private:
  static constexpr std::uint32_t kSlotsAtOnce = 64;

  template <MemoryView View>
  void gather_array(const View& view, std::uint32_t thread, std::uint32_t size_class) {
    Address at = plan_.array(thread, size_class);
    ThreadArray array;
    if (!read_object(view, at, array)) return;
    gather_entries(view, at + kArrayHeaderBytes, size_class, array.count,
                   plan_.root.classes[size_class].slots);
  }

  template <MemoryView View>
  void gather_shelf(const View& view, std::uint32_t size_class, unsigned number) {
    const std::uint32_t slots = plan_.root.classes[size_class].shelf_slots;
    const std::uint32_t count =
        std::min<std::uint32_t>(plan_.root.lists[size_class].shelved[number], slots);
    if (count != 0)
      gather_entries(view, plan_.shelf(size_class, number, count), size_class, count, slots);
  }

  template <MemoryView View>
  void gather_entries(const View& view, Address at, std::uint32_t size_class, std::uint64_t count,
                      std::uint32_t slots) {
    std::array<Address, kSlotsAtOnce> entries;
    for (std::uint64_t rest = std::min<std::uint64_t>(count, slots); rest > 0;) {
      const std::uint64_t part = std::min<std::uint64_t>(rest, kSlotsAtOnce);
      if (!view.read(at, entries.data(), part * sizeof entries[0])) return;
      for (std::uint64_t i = 0; i < part; ++i) hold(entries[i], size_class);
      rest -= part;
      at += part * sizeof entries[0];
    }
  }

  /// Whether the pool is one of the class is for the walk to see: a bit in another's words is lost.
  void hold(Address entry, std::uint32_t size_class) {
    if (!plan_.in_pools(entry)) return;
    const ClassRecord& record = plan_.root.classes[size_class];
    const std::uint32_t pool = plan_.pool_of(entry);
    const std::uint64_t offset = entry - plan_.user(pool);
    const std::uint64_t block = offset / record.block_bytes;
    if (offset % record.block_bytes != 0 || block >= record.capacity) return;
    auto* words = static_cast<std::uint64_t*>(words_.data()) + pool * words_per_pool_;
    words[block / 64] |= std::uint64_t{1} << (block % 64);
  }

  const HeapPlan& plan_;
  std::size_t words_per_pool_;
  Scratch words_;
};

}  // namespace arenite
