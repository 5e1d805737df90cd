// SPDX-License-Identifier: MIT
// A debug root that was read from somewhere and can be believed, as far as that goes: what follows
// from it by arithmetic does not overflow, and its tables are as large as the heap's. Walks are
// bounded by these numbers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "debug/audit/plan.hpp"
#include "debug/guard/debug_root.hpp"
#include "debug/guard/page_calls.hpp"
#include "layout/view.hpp"

namespace arenite {

enum class LayerEnd : std::uint8_t {
  none,  ///< no mode is on, or the library has no layer
  there,
  unreadable,  ///< its root could not be read
  other,       ///< of another layout
  gated,       ///< its root cannot be believed
};

struct LayerPlan {
  DebugRoot<Remote> root;

  bool guarded() const { return root.records != 0; }
  bool paged() const { return root.page_records != 0; }

  Address record(std::uint32_t pool, std::uint32_t index) const {
    return root.records +
           (std::uint64_t{pool} * root.records_per_pool + index) * sizeof(SideRecordOf<Remote>);
  }
  Address first_pool(std::uint32_t pool) const {
    return root.first_pools + std::uint64_t{pool} * sizeof(std::uint32_t);
  }
  Address page_record(std::uint32_t page) const {
    return root.page_records + std::uint64_t{page / 2} * sizeof(PageRecordOf<Remote>);
  }
  Address page(std::uint32_t number) const {
    return root.page_base + std::uint64_t{number} * kPageBytes;
  }
  Address batch(std::uint32_t thread) const {
    return root.threads + thread * root.thread_bytes + root.batch_offset;
  }
};

namespace detail {

inline constexpr std::uint64_t kMostAddress = std::uint64_t{1} << 56;
inline constexpr std::uint64_t kMostGuardBytes = 65536;
inline constexpr std::uint64_t kMostStackWords = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kMostDebugThreads = 65536;

inline bool plausible_guarded(const DebugRoot<Remote>& root, const HeapPlan& heap) {
  return root.pools == heap.root.range.bytes / heap.root.pool_bytes && root.least_bytes >= 16 &&
         root.records_per_pool == heap.root.pool_bytes / root.least_bytes &&
         root.guard_bytes <= kMostGuardBytes && root.guard_bytes % 16 == 0;
}

inline bool plausible_pages(const DebugRoot<Remote>& root) {
  const std::uint64_t pages = root.page_bytes / kPageBytes;
  const bool areas = std::all_of(
      std::begin(root.page_areas), std::end(root.page_areas),
      [&](const CarvedPages& area) { return area.first <= area.end && area.end <= pages; });
  return areas && pages < std::uint64_t{1} << 32 && root.page_base % kPageBytes == 0;
}

inline bool plausible(const DebugRoot<Remote>& root, const HeapPlan& heap) {
  const std::uint64_t addresses[] = {
      root.options_text, root.serials,    root.records,      root.first_pools,  root.quarantine,
      root.page_base,    root.page_bytes, root.page_begins,  root.page_records, root.stack_words,
      root.stack_used,   root.threads,    root.threads_used, root.script_names};
  return std::all_of(std::begin(addresses), std::end(addresses),
                     [](std::uint64_t at) { return at < kMostAddress; }) &&
         (root.records == 0 || plausible_guarded(root, heap)) &&
         (root.page_records == 0 || plausible_pages(root)) &&
         root.stack_capacity <= kMostStackWords && root.most_threads <= kMostDebugThreads &&
         root.thread_bytes < std::uint64_t{1} << 24 &&
         root.batch_offset + sizeof(QuarantineBatch) <= root.thread_bytes;
}

}  // namespace detail

/// Requires: the heap's audit was complete.
template <MemoryView View>
LayerEnd admit_layer(const View& view, Address at, const HeapPlan& heap, LayerPlan& plan) {
  DebugRoot<Remote>& root = plan.root;
  root = {};
  if (at == 0) return LayerEnd::none;
  if (!read_object(view, at, root)) return LayerEnd::unreadable;
  if (root.cookie == 0) return LayerEnd::none;
  if (root.cookie != kDebugCookie) return LayerEnd::gated;
  if (root.version != kDebugVersion || root.root_bytes != sizeof root ||
      root.fingerprint != kDebugFingerprint)
    return LayerEnd::other;
  return detail::plausible(root, heap) ? LayerEnd::there : LayerEnd::gated;
}

}  // namespace arenite
