// SPDX-License-Identifier: MIT
// A debug layer that no process has: a root and tables made up byte by byte, so that tests know
// where each of them lies, and can damage any. What was not put there cannot be read.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "debug/layer/layer_blocks.hpp"

namespace arenite {

class MadeUpMemory {
 public:
  template <class T>
  void put(Address at, const T& value) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    for (std::size_t i = 0; i < sizeof value; ++i) bytes_[at + i] = bytes[i];
  }
  void erase(Address at) { bytes_.erase(at); }

  bool read(Address at, void* to, std::size_t bytes) const {
    auto next = bytes_.lower_bound(at);
    for (std::size_t i = 0; i < bytes; ++i, ++next) {
      if (next == bytes_.end() || next->first != at + i) return false;
      static_cast<std::uint8_t*>(to)[i] = next->second;
    }
    return true;
  }

 private:
  std::map<Address, std::uint8_t> bytes_;
};
static_assert(MemoryView<MadeUpMemory>);

/// A heap of two arenas, one of them in use, of pools of 4 KiB with two classes: 64 blocks of 64
/// bytes, but the last four, and blocks of 32 bytes, which have no record. 4,096 pages, in areas of
/// pages 64 to 256 and 256 to 4,096. Places for four threads.
struct FakeLayer {
  static constexpr Address kRange = 0x10000000, kPools = 0x20000000, kRecords = 0x21000000,
                           kFirstPools = 0x22000000, kRing = 0x23000000, kQuarantine = 0x24000000,
                           kPages = 0x30000000, kBegins = 0x40000000, kPageRecords = 0x41000000,
                           kCarved = 0x42000000, kStacks = 0x50000000, kStacksUsed = 0x51000000,
                           kThreads = 0x52000000, kThreadsUsed = 0x53000000, kSerials = 0x54000000,
                           kOptions = 0x55000000, kRoot = 0x56000000;
  static constexpr std::uint32_t kPoolBytes = 4096, kBlockBytes = 64, kCapacity = 60;
  static constexpr std::uint32_t kPageCount = 4096, kThreadBytes = 8192, kBatchOffset = 256;
  static constexpr std::uint64_t kRingEntries = 100, kStackWords = 1000;

  FakeLayer() {
    heap.root.class_count = 2;
    heap.root.pool_bytes = kPoolBytes;
    heap.root.pools.address = kPools;
    heap.root.range = {kRange, std::uint64_t{2} * kArenaPools * kPoolBytes,
                       std::uint64_t{2} * kArenaPools * kPoolBytes};
    heap.root.classes[0].block_bytes = kBlockBytes;
    heap.root.classes[0].capacity = kCapacity;
    heap.root.classes[1].block_bytes = 32;
    heap.root.classes[1].capacity = 128;
    heap.arena_count = 1;
    heap.pool_count = kArenaPools;
    describe();
    carve(64, 256);
    memory.put(kStacksUsed, std::uint64_t{1});
    memory.put(kThreadsUsed, std::uint32_t{0});
    memory.put(kSerials, std::uint64_t{77});
    ring.ring = kRing;
    ring.capacity = kRingEntries;
    ring.most_bytes = 1 << 20;
    memory.put(kQuarantine, ring);
    for (std::uint32_t pool = 0; pool < 2 * kArenaPools; ++pool) {
      memory.put(heap.pool(pool), PoolDescriptor<Remote>{});
      memory.put(plan.first_pool(pool), std::uint32_t{0});
    }
    for (std::uint32_t word = 0; word < kPageCount / 64; ++word)
      memory.put(kBegins + word * 8, std::uint64_t{0});
  }

  void describe() {
    DebugRoot<Remote>& root = plan.root;
    root.cookie = kDebugCookie;
    root.version = kDebugVersion;
    root.root_bytes = sizeof root;
    root.fingerprint = kDebugFingerprint;
    root.options_text = kOptions;
    root.options_bytes = 100;
    root.serials = kSerials;
    root.guard_bytes = 16;
    root.records = kRecords;
    root.first_pools = kFirstPools;
    root.pools = 2 * kArenaPools;
    root.records_per_pool = kPoolBytes / kBlockBytes;
    root.least_bytes = kBlockBytes;
    root.quarantine = kQuarantine;
    root.page_base = kPages;
    root.page_bytes = std::uint64_t{kPageCount} * kPageBytes;
    root.page_begins = kBegins;
    root.page_records = kPageRecords;
    root.page_areas[0] = {64, 256, kCarved};
    root.page_areas[1] = {256, kPageCount, kCarved + 64};
    root.stack_words = kStacks;
    root.stack_capacity = kStackWords;
    root.stack_used = kStacksUsed;
    root.threads = kThreads;
    root.thread_bytes = kThreadBytes;
    root.batch_offset = kBatchOffset;
    root.most_threads = 4;
    root.threads_used = kThreadsUsed;
  }

  /// How far each area was carved.
  void carve(std::uint32_t first, std::uint32_t second) {
    memory.put(kCarved, first);
    memory.put(kCarved + 64, second);
  }

  // ---- blocks with guard bytes ----

  Address block(std::uint32_t pool, std::uint32_t index) const {
    return heap.user(pool) + std::uint64_t{index} * kBlockBytes;
  }

  void put_pool(std::uint32_t pool, PoolState state, std::uint8_t size_class = 0,
                std::uint32_t carved = kCapacity) {
    PoolDescriptor<Remote> descriptor{};
    descriptor.state = state;
    descriptor.size_class = size_class;
    descriptor.carved = carved;
    memory.put(heap.pool(pool), descriptor);
  }

  /// A live block of 24 bytes behind 16 of guard.
  SideRecordOf<Remote> record() const {
    SideRecordOf<Remote> record{};
    record.serial = 7;
    record.size = 24;
    record.allocated_by = 3;
    record.freed_by = 4;
    record.state = SideState::live;
    record.family = Family::new_array;
    record.head = HeadCode::encode(16);
    record.traits = BlockTraits::encode(32, false);
    return record;
  }

  /// A span over pools, with the length in its second record.
  void put_span(std::uint32_t first, std::uint32_t pools) {
    SideRecordOf<Remote> length{};
    length.size = std::uint64_t{pools} * kPoolBytes;
    memory.put(plan.record(first, 0), record());
    memory.put(plan.record(first, 1), length);
    for (std::uint32_t pool = first; pool < first + pools; ++pool) {
      memory.put(plan.first_pool(pool), first + 1);
      put_pool(pool, pool == first ? PoolState::span : PoolState::span_end);
    }
  }

  // ---- blocks on pages ----

  /// A stretch with a live block of `size` bytes up to the end of its pages.
  PageRecordOf<Remote> stretch(std::uint32_t page, std::uint32_t capacity,
                               std::uint64_t size) const {
    PageRecordOf<Remote> record{};
    record.state = StretchState::live;
    record.family = Family::new_object;
    record.alignment = BlockTraits::encode(8, false);
    record.begin = plan.page(page + 1 + capacity) - size;
    record.size = size;
    record.serial = page;
    record.allocated_by = 5;
    record.freed_by = 6;
    record.capacity = capacity;
    record.pages = static_cast<std::uint32_t>((size + kPageBytes - 1) / kPageBytes);
    return record;
  }
  void put_stretch(std::uint32_t page, const PageRecordOf<Remote>& record) {
    const Address at = kBegins + page / 64 * 8;
    std::uint64_t word = 0;
    read_object(memory, at, word);
    memory.put(at, word | std::uint64_t{1} << page % 64);
    memory.put(plan.page_record(page), record);
  }

  // ---- stacks ----

  /// Of frames 1, 2, 3 ..., at a number.
  void put_stack(StackId id, std::uint32_t count) {
    std::vector<Address> frames(count);
    for (std::uint32_t i = 0; i < count; ++i) frames[i] = i + 1;
    memory.put(kStacks + std::uint64_t{id} * 8,
               std::uint64_t{stack_hash(frames.data(), count & 255)} << 32 | count);
    for (std::uint32_t i = 0; i < count; ++i)
      memory.put(kStacks + (std::uint64_t{id} + 1 + i) * 8, frames[i]);
  }
  void use_stack_words(std::uint64_t words) { memory.put(kStacksUsed, words); }

  MadeUpMemory memory;
  HeapPlan heap{};
  LayerPlan plan{};
  QuarantineState<Remote> ring{};
};

}  // namespace arenite
