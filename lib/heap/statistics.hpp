// SPDX-License-Identifier: MIT
// What every mapped byte of a heap is used for. Collected through a MemoryView, so the same code
// serves a program that asks for itself and a tool that looks from outside. Never allocates.
//
// The sum of all uses is what is mapped (invariant S2): see `accounted_bytes`. While other threads
// are at work the parts are from slightly different instants.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bits.hpp"
#include "layout/root.hpp"
#include "layout/view.hpp"

namespace arenite {

/// Pools of one class; the five numbers after `pools` are blocks and `live` is what remains of
/// `capacity` when the others are taken away.
struct ClassStatistics {
  std::uint32_t block_bytes = 0;
  std::uint64_t pools = 0;
  std::uint64_t capacity = 0;
  std::uint64_t live = 0;
  std::uint64_t held = 0;      ///< in thread arrays
  std::uint64_t free = 0;      ///< and used before
  std::uint64_t uncarved = 0;  ///< free and never used
  /// What the pool size does not divide by the block size.
  std::uint64_t tail_bytes = 0;
};

struct TableStatistics {
  std::uint64_t committed = 0;
  std::uint64_t reserved = 0;
};

struct Statistics {
  char geometry[16] = {};
  std::uint32_t class_count = 0;
  std::uint32_t pool_bytes = 0;
  std::array<ClassStatistics, kMaxClasses> classes{};

  std::uint64_t arenas = 0;
  std::uint64_t arenas_full = 0;   ///< no free pool
  std::uint64_t arenas_empty = 0;  ///< nothing but free pools

  std::uint64_t pools_attached = 0;
  std::uint64_t pools_listed = 0;
  std::uint64_t pools_full = 0;
  std::uint64_t pools_dirty = 0;        ///< free, pages kept
  std::uint64_t pools_decommitted = 0;  ///< free, pages given back
  std::uint64_t pools_untouched = 0;    ///< free, never used
  std::uint64_t pools_unclear = 0;      ///< of no state there is; 0 in a sound heap at rest

  std::uint64_t spans = 0;
  std::uint64_t span_pools = 0;
  std::uint64_t span_bytes = 0;  ///< usable

  std::uint64_t threads = 0;        ///< thread blocks in somebody's hands
  std::uint64_t thread_blocks = 0;  ///< ever used
  std::uint64_t decommits = 0;      ///< calls that gave pages back, since the start

  TableStatistics range;
  std::array<TableStatistics, 6> tables;  ///< in the order of kTableNames
  std::uint64_t guard_bytes = 0;          ///< of all guard regions, and padding beside them
  std::uint64_t reserved_bytes = 0;

  static constexpr std::array kTableNames{"arena_descriptors", "class_bytes", "pool_descriptors",
                                          "bitmaps",           "shelves",     "thread_blocks"};

  std::uint64_t free_pools() const { return pools_dirty + pools_decommitted + pools_untouched; }
  std::uint64_t table_bytes() const {
    std::uint64_t sum = 0;
    for (const TableStatistics& table : tables) sum += table.committed;
    return sum;
  }
  std::uint64_t span_rounding() const { return span_pools * pool_bytes - span_bytes; }
  /// Blocks that are live, in bytes of their classes, and spans.
  std::uint64_t live_bytes() const { return sum(&ClassStatistics::live) + span_bytes; }
  std::uint64_t held_bytes() const { return sum(&ClassStatistics::held); }
  std::uint64_t free_bytes() const { return sum(&ClassStatistics::free); }
  std::uint64_t uncarved_bytes() const { return sum(&ClassStatistics::uncarved); }
  std::uint64_t tail_bytes() const {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < class_count; ++i) bytes += classes[i].tail_bytes;
    return bytes;
  }
  /// Everything accessible, and the guard regions.
  std::uint64_t mapped_bytes() const { return range.committed + table_bytes() + guard_bytes; }
  /// The sum of all uses.
  std::uint64_t accounted_bytes() const {
    return live_bytes() + held_bytes() + free_bytes() + uncarved_bytes() + tail_bytes() +
           span_rounding() + free_pools() * pool_bytes + table_bytes() + guard_bytes;
  }

 private:
  std::uint64_t sum(std::uint64_t ClassStatistics::* blocks) const {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < class_count; ++i)
      bytes += classes[i].*blocks * classes[i].block_bytes;
    return bytes;
  }
};

/// Collects the statistics of one heap. Requires: a root that is sane (debug/audit R1, R2, A1), or
/// one's own.
template <MemoryView View>
class StatisticsCollector {
 public:
  StatisticsCollector(const View& view, const HeapRoot<Remote>& root, Statistics& statistics)
      : view_(view), root_(root), statistics_(statistics) {}

  /// False if something could not be read; the statistics then lack it.
  bool collect() {
    take_root();
    for (std::uint32_t i = 0; i < arena_count_; ++i) take_arena(i);
    for (std::uint32_t i = 0; i < root_.threads_used; ++i) take_thread(i);
    for (std::uint32_t i = 0; i < root_.class_count; ++i) {
      ClassStatistics& of = statistics_.classes[i];
      for (const std::uint32_t blocks : root_.lists[i].shelved)
        of.held += std::min<std::uint32_t>(blocks, root_.classes[i].shelf_slots);
      const std::uint64_t others = of.held + of.free + of.uncarved;
      of.live = of.capacity - std::min(of.capacity, others);
    }
    return complete_;
  }

 private:
  using Pool = PoolDescriptor<Remote>;
  /// Of a free bitmap that is read at once.
  static constexpr std::uint32_t kWordsAtOnce = 64;

  void take_root() {
    statistics_ = {};
    std::copy(std::begin(root_.geometry), std::end(root_.geometry) - 1, statistics_.geometry);
    statistics_.class_count = root_.class_count;
    statistics_.pool_bytes = root_.pool_bytes;
    statistics_.decommits = root_.decommits;
    for (std::uint32_t i = 0; i < root_.class_count; ++i)
      statistics_.classes[i].block_bytes = root_.classes[i].block_bytes;
    const Stretch<Remote>* tables[] = {&root_.arenas,  &root_.class_bytes, &root_.pools,
                                       &root_.bitmaps, &root_.shelves,     &root_.threads};
    std::uint64_t bytes = root_.range.bytes;
    for (std::size_t i = 0; i < statistics_.tables.size(); ++i) {
      statistics_.tables[i] = {tables[i]->committed, tables[i]->bytes};
      bytes += tables[i]->bytes;
    }
    statistics_.range = {root_.range.committed, root_.range.bytes};
    statistics_.reserved_bytes = root_.reservation_bytes;
    statistics_.guard_bytes = root_.reservation_bytes - bytes;
    arena_count_ = static_cast<std::uint32_t>(root_.range.committed /
                                              (std::uint64_t{root_.pool_bytes} * kArenaPools));
    statistics_.arenas = arena_count_;
  }

  template <class T>
  bool read(Address at, T& to) {
    if (read_object(view_, at, to)) return true;
    complete_ = false;
    return false;
  }

  void take_arena(std::uint32_t index) {
    ArenaDescriptor<Remote> arena;
    std::array<Pool, kArenaPools> pools;
    const std::uint32_t first = index * kArenaPools;
    if (!read(root_.arenas.address + std::uint64_t{index} * sizeof arena, arena) ||
        !read(root_.pools.address + std::uint64_t{first} * sizeof(Pool), pools)) {
      statistics_.pools_unclear += kArenaPools;
      return;
    }
    const std::uint64_t free = arena.free_pools;
    if (free == 0) ++statistics_.arenas_full;
    if (free == ~std::uint64_t{0}) ++statistics_.arenas_empty;
    statistics_.pools_dirty += member_count(free & arena.dirty_pools);
    statistics_.pools_decommitted +=
        member_count(free & arena.decommitted_pools & ~arena.dirty_pools);
    statistics_.pools_untouched +=
        member_count(free & ~arena.dirty_pools & ~arena.decommitted_pools);
    for (std::uint32_t i = 0; i < kArenaPools; ++i)
      if ((free >> i & 1) == 0 && first + i >= span_end_) take_pool(first + i, pools[i]);
  }

  void take_pool(std::uint32_t index, const Pool& pool) {
    switch (pool.state) {
      case PoolState::attached:
        ++statistics_.pools_attached;
        break;
      case PoolState::listed:
        ++statistics_.pools_listed;
        break;
      case PoolState::full:
        ++statistics_.pools_full;
        break;
      case PoolState::span:
        return take_span(index, pool);
      case PoolState::kept:
        return take_kept(index, pool);
      default:
        ++statistics_.pools_unclear;
        return;
    }
    if (pool.size_class < root_.class_count) take_blocks(index, pool);
  }

  std::uint32_t span_pools(std::uint32_t index, const Pool& pool) const {
    return std::clamp(pool.span_pools, std::uint32_t{1}, arena_count_ * kArenaPools - index);
  }

  /// A freed span that a thread keeps: to everybody else, free pools.
  void take_kept(std::uint32_t index, const Pool& pool) {
    const std::uint32_t pools = span_pools(index, pool);
    statistics_.pools_dirty += pools;
    span_end_ = index + pools;
  }

  void take_span(std::uint32_t index, const Pool& pool) {
    const std::uint32_t pools = span_pools(index, pool);
    ++statistics_.spans;
    statistics_.span_pools += pools;
    statistics_.span_bytes +=
        std::min<std::uint64_t>(pool.span_bytes, std::uint64_t{pools} * root_.pool_bytes);
    span_end_ = index + pools;
  }

  void take_blocks(std::uint32_t index, const Pool& pool) {
    const ClassRecord& record = root_.classes[pool.size_class];
    ClassStatistics& of = statistics_.classes[pool.size_class];
    const std::uint32_t carved = std::min<std::uint32_t>(pool.carved, record.capacity);
    std::array<std::uint64_t, kWordsAtOnce> words;
    const std::uint32_t needed = static_cast<std::uint32_t>(divide_up(record.capacity, 64));
    Address at = root_.bitmaps.address + std::uint64_t{index} * root_.bitmap_bytes;
    for (std::uint32_t i = 0; i < needed; i += kWordsAtOnce) {
      const std::uint32_t part = std::min(needed - i, kWordsAtOnce);
      if (!view_.read(at, words.data(), part * sizeof words[0])) {
        complete_ = false;
        return;
      }
      for (std::uint32_t k = 0; k < part; ++k) {
        const std::uint32_t from = (i + k) * 64;
        const std::uint64_t used = carved > from ? low_bits(carved - from) : 0;
        const std::uint64_t free = words[k] & low_bits(record.capacity - from);
        of.free += member_count(free & used);
        of.uncarved += member_count(free & ~used);
      }
      at += part * sizeof words[0];
    }
    ++of.pools;
    of.capacity += record.capacity;
    of.tail_bytes += root_.pool_bytes - std::uint64_t{record.capacity} * record.block_bytes;
  }

  void take_thread(std::uint32_t index) {
    const Address thread = root_.threads.address + std::uint64_t{index} * root_.thread_bytes;
    ThreadHeader<Remote> header;
    if (!read(thread, header)) return;
    ++statistics_.thread_blocks;
    if (header.state != ThreadState::unused) ++statistics_.threads;
    for (std::uint32_t i = 0; i < root_.class_count; ++i) {
      ThreadArray array;
      if (!read(thread + std::uint64_t{root_.classes[i].first_line} * kLineBytes, array)) return;
      statistics_.classes[i].held += std::min<std::uint64_t>(array.count, root_.classes[i].slots);
    }
  }

  const View& view_;
  const HeapRoot<Remote>& root_;
  Statistics& statistics_;
  std::uint32_t arena_count_ = 0;
  std::uint32_t span_end_ = 0;
  bool complete_ = true;
};

/// Where text goes, in pieces.
struct TextSink {
  void (*write)(void* context, const char* text, std::size_t bytes);
  void* context;
};

/// For people: a summary, then a line for each class that has a pool.
void print_text(const Statistics& statistics, TextSink sink);
/// One JSON object; every field of the statistics, under its own name, and the sums.
void print_json(const Statistics& statistics, TextSink sink);

}  // namespace arenite
