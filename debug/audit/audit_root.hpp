// SPDX-License-Identifier: MIT
// R1, R2, A1: whether the root can be believed at all. Everything after this is bounded by numbers
// that were checked here. R3, A5: what only the process's mappings can tell.
#pragma once

#include <bit>
#include <cstring>
#include <span>

#include "debug/audit/finding.hpp"
#include "debug/audit/plan.hpp"
#include "debug/memory/regions.hpp"
#include "layout/fingerprint.hpp"
#include "layout/view.hpp"

namespace arenite {

class RootAudit {
 public:
  RootAudit(HeapPlan& plan, Findings& findings)
      : plan_(plan), root_(plan.root), findings_(findings) {}

  /// Reads and judges the root at `at`; whether the rest of the heap can be looked at.
  template <MemoryView View>
  bool admit(const View& view, Address at) {
    plan_.root_address = at;
    if (!read(view, at)) {
      findings_.unreadable(at);
      return false;
    }
    const std::uint64_t before = findings_.total();
    check_identity();
    if (findings_.total() == before) check_numbers();
    if (findings_.total() == before) check_classes();
    if (findings_.total() == before) check_stretches();
    if (findings_.total() == before) check_tables();
    if (findings_.total() != before) return false;
    plan_.arena_count = static_cast<std::uint32_t>(root_.range.committed / arena_bytes());
    plan_.pool_count = plan_.arena_count * kArenaPools;
    plan_.thread_count = root_.threads_used;
    return true;
  }

  /// R3. An empty id: not known.
  void check_build_id(std::span<const std::uint8_t> module) {
    const std::size_t bytes = root_.build_id_bytes;
    if (module.empty() || bytes == 0) return;
    if (bytes != module.size() || bytes > sizeof root_.build_id ||
        std::memcmp(root_.build_id, module.data(), bytes) != 0)
      findings_.add(Invariant::R3, place(),
                    Message{} << "the build id in the root is not the one of the mapped library");
  }

  /// A5.
  void check_guards(const Regions& accessible) {
    const Address tables_end = root_.threads.address + root_.threads.bytes;
    check_guard(accessible, 0, root_.reservation, root_.arenas.address);
    check_guard(accessible, 1, tables_end, root_.range.address);
    check_guard(accessible, 2, root_.range.address + root_.range.bytes,
                root_.reservation + root_.reservation_bytes);
  }

 private:
  static constexpr std::uint64_t kAddressLimit = std::uint64_t{1} << 56;
  static constexpr std::uint32_t kMaxPoolBytes = 65536;
  static constexpr std::uint32_t kMaxThreads = 1 << 20;

  /// While threads run, counts grow behind the tables they count; counts are read first, so that
  /// they never promise more than is there.
  template <MemoryView View>
  bool read(const View& view, Address at) {
    Stretch<Remote> range{};
    std::uint32_t threads_used = 0;
    if (!read_object(view, at + offsetof(HeapRoot<Remote>, range), range) ||
        !read_object(view, at + offsetof(HeapRoot<Remote>, threads_used), threads_used) ||
        !read_object(view, at, root_))
      return false;
    root_.range = range;
    root_.threads_used = threads_used;
    // The counts of the shelves stand behind their table in the root, so the table once more.
    return read_object(view, at + offsetof(HeapRoot<Remote>, shelves), root_.shelves);
  }

  Place place() const { return {Subject::root, 0, plan_.root_address}; }
  std::uint64_t shelves_bytes() const {
    return root_.page_bytes / 2 + std::uint64_t{root_.class_count} * root_.shelf_bytes;
  }
  std::uint64_t arena_bytes() const { return std::uint64_t{root_.pool_bytes} * kArenaPools; }

  void require(bool condition, Invariant invariant, const char* what, std::uint64_t number) {
    if (!condition) findings_.add(invariant, place(), Message{} << what << " is " << number);
  }

  void check_identity() {
    if (root_.cookie != kRootCookie)
      findings_.add(Invariant::R1, place(),
                    Message{} << "no heap root: the cookie is " << Hex{root_.cookie});
    else if (root_.version != kLayoutVersion || root_.fingerprint != kFingerprint)
      findings_.add(Invariant::R1, place(),
                    Message{} << "another layout: version " << root_.version << ", fingerprint "
                              << Hex{root_.fingerprint} << "; this build reads version "
                              << kLayoutVersion << ", fingerprint " << Hex{kFingerprint});
    else if (root_.root_bytes != sizeof root_ || root_.pointer_bytes != 8)
      findings_.add(Invariant::R1, place(),
                    Message{} << "the root says it has " << root_.root_bytes
                              << " bytes and pointers of " << root_.pointer_bytes
                              << "; this build has " << std::uint64_t{sizeof root_} << " and 8");
  }

  void check_numbers() {
    const auto power = [](std::uint64_t number) { return std::has_single_bit(number); };
    const Invariant r2 = Invariant::R2;
    require(root_.class_count > 0 && root_.class_count <= kMaxClasses, r2, "class count",
            root_.class_count);
    require(power(root_.pool_bytes) && root_.pool_bytes <= kMaxPoolBytes && root_.pool_bytes >= 64,
            r2, "pool size", root_.pool_bytes);
    require(power(root_.page_bytes) && root_.page_bytes <= root_.pool_bytes, r2, "page size",
            root_.page_bytes);
    require(root_.bitmap_bytes % 8 == 0 && root_.bitmap_bytes <= kMaxBitmapWords * 8, r2,
            "bitmap size", root_.bitmap_bytes);
    require(root_.thread_bytes % kLineBytes == 0 && root_.thread_bytes > 0, r2, "thread block size",
            root_.thread_bytes);
    require(root_.attached_offset % 4 == 0 && root_.attached_offset >= kLineBytes &&
                root_.attached_offset + std::uint64_t{4} * root_.class_count <= root_.thread_bytes,
            r2, "place of the attached pools in a thread block", root_.attached_offset);
    require(root_.shelf_bytes % (8 * kClassShelves) == 0 && root_.shelf_bytes > 0, r2,
            "size of a shelf", root_.shelf_bytes);
    require(root_.max_threads > 0 && root_.max_threads <= kMaxThreads, r2, "thread limit",
            root_.max_threads);
    require(root_.threads_used <= root_.max_threads, r2, "number of thread blocks used",
            root_.threads_used);
    require(root_.build_id_bytes <= sizeof root_.build_id, r2, "build id length",
            root_.build_id_bytes);
    require(std::memchr(root_.geometry, '\0', sizeof root_.geometry) != nullptr, r2,
            "the geometry's name without an end; its length", sizeof root_.geometry);
  }

  void check_classes() {
    std::uint64_t lines =
        divide_up(root_.attached_offset + std::uint64_t{4} * root_.class_count, kLineBytes);
    std::uint64_t block_bytes = 7;
    for (std::uint32_t i = 0; i < root_.class_count; ++i) {
      const ClassRecord& record = root_.classes[i];
      const Place at{Subject::size_class, i,
                     plan_.root_address + offsetof(HeapRoot<Remote>, classes) + i * sizeof record};
      const auto need = [&](bool condition, const char* what, std::uint64_t number) {
        if (!condition) findings_.add(Invariant::R2, at, Message{} << what << " is " << number);
      };
      need(record.block_bytes > block_bytes && record.block_bytes <= root_.pool_bytes &&
               record.block_bytes % 8 == 0,
           "block size", record.block_bytes);
      need(record.block_bytes != 0 && record.capacity == root_.pool_bytes / record.block_bytes &&
               record.capacity <= std::uint64_t{root_.bitmap_bytes} * 8,
           "capacity", record.capacity);
      need(record.first_line == lines && record.first_line <= 255, "first line", record.first_line);
      need(std::uint64_t{8} * kClassShelves * record.shelf_slots <= root_.shelf_bytes,
           "room on its shelf", record.shelf_slots);
      block_bytes = record.block_bytes;
      const std::uint64_t bytes = kArrayHeaderBytes + std::uint64_t{8} * record.slots;
      lines = record.first_line + divide_up(bytes, kLineBytes);
      need(bytes % kLineBytes == 0 && lines * kLineBytes <= root_.thread_bytes, "number of slots",
           record.slots);
    }
    check_unused_classes();
  }

  /// A count of classes that is too small would hide pools.
  void check_unused_classes() {
    constexpr ClassRecord kUnused{};
    for (std::uint32_t i = root_.class_count; i < kMaxClasses; ++i)
      if (std::memcmp(&root_.classes[i], &kUnused, sizeof kUnused) != 0)
        findings_.add(
            Invariant::R2,
            {Subject::size_class, i,
             plan_.root_address + offsetof(HeapRoot<Remote>, classes) + i * sizeof kUnused},
            Message{} << "there are " << root_.class_count
                      << " classes, but this one is described");
  }

  /// A1.
  void check_stretches() {
    const std::uint64_t end = root_.reservation + root_.reservation_bytes;
    require(root_.reservation < kAddressLimit && root_.reservation_bytes < kAddressLimit &&
                root_.guard_bytes > 0 && root_.guard_bytes < root_.reservation_bytes,
            Invariant::A1, "reservation", root_.reservation);
    require(root_.range.address % arena_bytes() == 0, Invariant::A1, "beginning of the range",
            root_.range.address);
    std::uint64_t from = root_.reservation + root_.guard_bytes;
    const Stretch<Remote>* stretches[] = {&root_.arenas,  &root_.class_bytes, &root_.pools,
                                          &root_.bitmaps, &root_.shelves,     &root_.threads,
                                          &root_.range};
    for (std::uint32_t i = 0; i < 7; ++i) {
      const Stretch<Remote>& stretch = *stretches[i];
      if (i == 6) from += root_.guard_bytes;
      if (stretch.address < from || stretch.address >= kAddressLimit ||
          stretch.bytes >= kAddressLimit || stretch.address % root_.page_bytes != 0)
        findings_.add(Invariant::A1, {Subject::table, i, stretch.address},
                      Message{} << kStretchNames[i] << " of " << stretch.bytes
                                << " bytes overlap what lies before, or lie outside");
      from = stretch.address + stretch.bytes;
    }
    require(from + root_.guard_bytes == end, Invariant::A1, "end of the range", from);
  }

  /// The tables hold what the arenas and threads need, accessibly.
  void check_tables() {
    const std::uint64_t arenas = root_.range.committed / arena_bytes();
    const std::uint64_t pools = arenas * kArenaPools;
    require(root_.range.committed % arena_bytes() == 0 &&
                root_.range.committed <= root_.range.bytes && pools < kNone,
            Invariant::R2, "committed part of the range", root_.range.committed);
    check_table(0, root_.arenas, arenas * sizeof(ArenaDescriptor<Remote>));
    check_table(1, root_.class_bytes, pools);
    check_table(2, root_.pools, pools * sizeof(PoolDescriptor<Remote>));
    check_table(3, root_.bitmaps, pools * root_.bitmap_bytes);
    check_table(4, root_.shelves, root_.shelves.committed == 0 ? 0 : shelves_bytes());
    check_table(5, root_.threads, std::uint64_t{root_.threads_used} * root_.thread_bytes);
    require(root_.shelves.bytes == round_up(shelves_bytes(), root_.page_bytes), Invariant::R2,
            "size of a shelf", root_.shelf_bytes);
    require(root_.threads.bytes == std::uint64_t{root_.max_threads} * root_.thread_bytes,
            Invariant::R2, "thread limit", root_.max_threads);
  }

  void check_table(std::uint32_t index, const Stretch<Remote>& table, std::uint64_t needed) {
    if (table.committed > table.bytes || table.committed < needed)
      findings_.add(Invariant::R2, {Subject::table, index, table.address},
                    Message{} << kStretchNames[index] << ": " << table.committed << " of "
                              << table.bytes << " bytes committed, " << needed << " needed");
  }

  void check_guard(const Regions& accessible, std::uint64_t number, Address begin, Address end) {
    const std::size_t bytes = accessible.overlap(begin, end);
    if (bytes != 0)
      findings_.add(Invariant::A5, {Subject::guard, number, begin},
                    Message{} << std::uint64_t{bytes} << " of " << std::uint64_t{end - begin}
                              << " bytes of a guard region are accessible");
  }

 public:
  static constexpr std::array kStretchNames{"arena descriptors", "class bytes", "pool descriptors",
                                            "bitmaps",           "shelves",     "thread blocks",
                                            "the range"};

 private:
  HeapPlan& plan_;
  HeapRoot<Remote>& root_;
  Findings& findings_;
};

}  // namespace arenite
