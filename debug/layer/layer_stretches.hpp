// SPDX-License-Identifier: MIT
// Where the debug layer's own memory lies: whole tables, for who wants to keep away from them; and
// the parts that are in use, for who saves them.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "debug/layer/layer_blocks.hpp"
#include "debug/layer/script_names.hpp"
#include "debug/memory/regions.hpp"

namespace arenite {

/// Ascending and merged.
inline std::vector<Region> disjoint(std::vector<Region> regions) {
  std::erase_if(regions, [](const Region& region) { return region.begin >= region.end; });
  std::sort(regions.begin(), regions.end(),
            [](const Region& a, const Region& b) { return a.begin < b.begin; });
  std::vector<Region> merged;
  for (const Region& region : regions)
    if (!merged.empty() && region.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, region.end);
    else
      merged.push_back(region);
  return merged;
}

/// All address space of the layer's tables, and of blocks on guard pages.
template <MemoryView View>
std::vector<Region> layer_tables(const View& view, const LayerPlan& plan) {
  const DebugRoot<Remote>& root = plan.root;
  const auto pages = static_cast<std::uint32_t>(root.page_bytes / kPageBytes);
  std::vector<Region> tables{{root.stack_words, root.stack_words + root.stack_capacity * 8},
                             {root.threads, root.threads + root.most_threads * root.thread_bytes}};
  if (plan.guarded()) {
    tables.push_back({plan.record(0, 0), plan.record(root.pools, 0)});
    tables.push_back({plan.first_pool(0), plan.first_pool(root.pools)});
  }
  if (plan.paged()) {
    tables.push_back({root.page_begins, root.page_begins + pages / 8});
    tables.push_back({plan.page_record(0), plan.page_record(pages)});
    tables.push_back({plan.page(0), plan.page(pages)});
  }
  tables.push_back(ScriptNames<View>(view, plan).table());
  return disjoint(std::move(tables));
}

/// What of it says something about blocks that are live or freed.
template <MemoryView View>
class LayerStretches {
 public:
  LayerStretches(const View& view, const HeapPlan& heap, const LayerPlan& plan)
      : view_(view), heap_(heap), plan_(plan) {}

  std::vector<Region> gather(Address root) {
    add(root, sizeof plan_.root);
    add(plan_.root.options_text, std::min<std::uint64_t>(plan_.root.options_bytes, kMostText));
    add(plan_.root.serials, 8);
    gather_stacks();
    gather_scripts();
    gather_threads();
    if (plan_.guarded()) gather_guarded();
    if (plan_.paged()) gather_pages();
    return disjoint(std::move(stretches_));
  }

 private:
  static constexpr std::uint64_t kMostText = 65536;

  void add(Address at, std::uint64_t bytes) {
    if (at != 0) stretches_.push_back({at, at + bytes});
  }
  template <class Number>
  Number number_at(Address at) {
    Number number = 0;
    add(at, sizeof number);
    return read_object(view_, at, number) ? number : 0;
  }

  void gather_stacks() {
    if (plan_.root.stack_words == 0) return;
    const auto used = number_at<std::uint64_t>(plan_.root.stack_used);
    add(plan_.root.stack_words, std::min(used, plan_.root.stack_capacity) * 8);
  }

  void gather_scripts() {
    add(plan_.root.script_names, sizeof(CodeTableState<Remote>));
    const ScriptNames<View> names(view_, plan_);
    stretches_.push_back(names.codes());
    stretches_.push_back(names.text());
  }

  void gather_threads() {
    if (plan_.root.threads == 0) return;
    const std::uint64_t used = number_at<std::uint32_t>(plan_.root.threads_used);
    for (std::uint32_t i = 0; i < std::min(used, plan_.root.most_threads); ++i)
      add(plan_.batch(i), sizeof(QuarantineBatch));
  }

  void gather_guarded() {
    QuarantineState<Remote> ring{};
    add(plan_.root.quarantine, sizeof ring);
    if (read_object(view_, plan_.root.quarantine, ring) && ring.begin <= ring.capacity &&
        ring.count <= ring.capacity && ring.capacity < std::uint64_t{1} << 32) {
      const std::uint64_t first = std::min(ring.count, ring.capacity - ring.begin);
      add(ring.ring + ring.begin * 8, first * 8);
      add(ring.ring, (ring.count - first) * 8);
    }
    add(plan_.first_pool(0), std::uint64_t{heap_.pool_count} * sizeof(std::uint32_t));
    gather_records();
  }

  /// By the descriptors alone, as a process may stand meanwhile: those of free pools and of pools
  /// inside a span may hold anything, so that there may be more than is in use, but not less.
  void gather_records() {
    std::array<PoolDescriptor<Remote>, kArenaPools> pools;
    for (std::uint32_t arena = 0; arena < heap_.arena_count; ++arena) {
      const std::uint32_t first = arena * kArenaPools;
      if (!read_object(view_, heap_.pool(first), pools)) continue;
      for (std::uint32_t i = 0; i < kArenaPools; ++i)
        add(plan_.record(first + i, 0), records_of(pools[i]) * sizeof(SideRecordOf<Remote>));
    }
  }

  std::uint32_t records_of(const PoolDescriptor<Remote>& pool) const {
    switch (pool.state) {
      case PoolState::attached:
      case PoolState::listed:
      case PoolState::full:
        return std::min<std::uint32_t>(pool.carved, plan_.root.records_per_pool);
      case PoolState::span:
        return 2;
      default:
        return 0;
    }
  }

  void gather_pages() {
    for (const CarvedPages& area : plan_.root.page_areas) {
      const std::uint32_t next = std::min(number_at<std::uint32_t>(area.next), area.end);
      if (next <= area.first) continue;
      add(plan_.root.page_begins + area.first / 64 * 8, (next / 64 - area.first / 64 + 1) * 8);
      add(plan_.page_record(area.first),
          plan_.page_record(next) + 64 - plan_.page_record(area.first));
    }
  }

  const View& view_;
  const HeapPlan& heap_;
  const LayerPlan& plan_;
  std::vector<Region> stretches_;
};

}  // namespace arenite
