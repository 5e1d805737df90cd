// SPDX-License-Identifier: MIT
// The one stretch of address space a heap lives in, and how much of it is accessible. Tables first,
// then the range; each table is committed just as far as the arenas in use need it,
// but for the class bytes, which free looks at for any address in the range.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/bits.hpp"
#include "geometry/size_classes.hpp"
#include "interface/page_source.hpp"
#include "layout/fingerprint.hpp"
#include "layout/root.hpp"

namespace arenite {

template <class Geometry, PageSource Pages>
class Reservation {
 public:
  using Root = HeapRoot<Native>;
  using Classes = SizeClasses<Geometry>;
  static constexpr std::size_t kArena = kArenaBytes<Geometry>;
  static_assert(Classes::kCount <= kMaxClasses);

  Reservation(Root& root, Pages& pages) : root_(root), pages_(pages) {}

  /// Reserves the range, `wanted` bytes or, where that cannot be had, half, a quarter, ..., and
  /// fills in the root but for its lists. False if not even the geometry's least could be had.
  bool open(std::size_t wanted) {
    const std::size_t limit = pages_.reserve_limit();
    for (std::size_t range = round_up(wanted, kArena); range >= Geometry::kMinRangeBytes;
         range = round_down(range / 2, kArena)) {
      const Plan plan = plan_for(range);
      if (plan.total > limit) continue;
      const Address at = pages_.reserve(plan.total, kArena);
      if (at == 0) continue;
      fill_root(at, plan);
      if (commit(root_.class_bytes, plan.class_bytes)) return true;
      close();
    }
    return false;
  }

  void close() { pages_.unreserve(root_.reservation, root_.reservation_bytes); }

  /// Makes the first `arenas` arenas and their parts of the tables accessible. False if refused;
  /// what was committed of tables then stays so.
  bool commit_arenas(std::size_t arenas) {
    const std::size_t pools = arenas * kArenaPools;
    return commit(root_.arenas, arenas * sizeof(ArenaDescriptor<Native>)) &&
           commit(root_.pools, pools * sizeof(PoolDescriptor<Native>)) &&
           commit(root_.bitmaps, pools * Classes::kBitmapWords * 8) &&
           commit(root_.range, arenas * kArena);
  }

  bool commit_shelves() { return commit(root_.shelves, root_.shelves.bytes); }

  bool commit_threads(std::size_t count) {
    return commit(root_.threads, count * ThreadLayout<Geometry>::kBytes);
  }

 private:
  static constexpr std::size_t kGuard =
      std::max<std::size_t>(Geometry::kPageBytes, Geometry::kPoolBytes);

  /// Both shelves of a class.
  static constexpr std::size_t kClassShelvesBytes = kClassShelves * Geometry::kShelfSlots * 8;

  /// Sizes of the parts, in the order they lie in.
  struct Plan {
    std::size_t arenas, class_bytes, pools, bitmaps, shelves, threads, thread_count, range, tables,
        total;
  };

  static Plan plan_for(std::size_t range) {
    const auto paged = [](std::size_t bytes) { return round_up(bytes, Geometry::kPageBytes); };
    const std::size_t arenas = range / kArena, pools = arenas * kArenaPools;
    Plan plan{};
    plan.arenas = paged(arenas * sizeof(ArenaDescriptor<Native>));
    plan.class_bytes = paged(pools);
    plan.pools = paged(pools * sizeof(PoolDescriptor<Native>));
    plan.bitmaps = paged(pools * Classes::kBitmapWords * 8);
    plan.shelves = paged(Geometry::kPageBytes / 2 + Classes::kCount * kClassShelvesBytes);
    // Thread blocks take a sixteenth of a small range at most, but there is room for one.
    const std::size_t stride = ThreadLayout<Geometry>::kBytes;
    plan.thread_count = std::clamp<std::size_t>(range / 16 / stride,
                                                std::min<std::size_t>(2, Geometry::kMaxThreads),
                                                Geometry::kMaxThreads);
    plan.threads = plan.thread_count * stride;
    plan.range = range;
    // The range begins at a multiple of an arena, behind the tables and a guard region.
    plan.tables = round_up(kGuard + plan.arenas + plan.class_bytes + plan.pools + plan.bitmaps +
                               plan.shelves + plan.threads + kGuard,
                           kArena);
    plan.total = plan.tables + range + kGuard;
    return plan;
  }

  void fill_root(Address at, const Plan& plan) {
    root_.reservation = at;
    root_.reservation_bytes = plan.total;
    root_.guard_bytes = kGuard;
    Address next = at + kGuard;
    const auto place = [&next](Stretch<Native>& stretch, std::size_t bytes) {
      stretch.address = next;
      stretch.bytes = bytes;
      stretch.committed.store(0, std::memory_order_relaxed);
      next += bytes;
    };
    place(root_.arenas, plan.arenas);
    place(root_.class_bytes, plan.class_bytes);
    place(root_.pools, plan.pools);
    place(root_.bitmaps, plan.bitmaps);
    place(root_.shelves, plan.shelves);
    place(root_.threads, plan.threads);
    next = at + plan.tables;
    place(root_.range, plan.range);

    root_.cookie = kRootCookie;
    root_.version = kLayoutVersion;
    root_.root_bytes = sizeof(Root);
    root_.fingerprint = kFingerprint;
    root_.pointer_bytes = sizeof(void*);
    root_.class_count = Classes::kCount;
    std::strncpy(root_.geometry, Geometry::kName, sizeof root_.geometry - 1);
    root_.page_bytes = Geometry::kPageBytes;
    root_.pool_bytes = Geometry::kPoolBytes;
    root_.bitmap_bytes = Classes::kBitmapWords * 8;
    root_.thread_bytes = ThreadLayout<Geometry>::kBytes;
    root_.shelf_bytes = kClassShelvesBytes;
    root_.attached_offset = ThreadLayout<Geometry>::kAttachedOffset;
    root_.max_threads = static_cast<std::uint32_t>(plan.thread_count);
    for (std::size_t i = 0; i < Classes::kCount; ++i) {
      const ClassFacts& facts = Classes::kFacts[i];
      root_.classes[i] = {facts.block_bytes, facts.capacity, facts.slots, facts.first_line,
                          Classes::shelf_slots(facts.block_bytes)};
    }
  }

  /// Makes the first `bytes` of the stretch accessible, rounded up to pages.
  bool commit(Stretch<Native>& stretch, std::size_t bytes) {
    const std::size_t end = round_up(bytes, Geometry::kPageBytes);
    const std::size_t done = stretch.committed.load(std::memory_order_relaxed);
    if (end <= done) return true;
    if (end > stretch.bytes || !pages_.commit(stretch.address + done, end - done)) return false;
    // Relaxed: others learn of addresses behind `done` from whoever was given them.
    stretch.committed.store(end, std::memory_order_relaxed);
    return true;
  }

  Root& root_;
  Pages& pages_;
};

}  // namespace arenite
