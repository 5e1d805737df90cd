// SPDX-License-Identifier: MIT
#include "debug/census/growing_counters.hpp"

#include <algorithm>
#include <array>

namespace arenite {
namespace {

constexpr std::array kNames{"accessible bytes of arenas",
                            "accessible class bytes",
                            "accessible bytes of pools",
                            "accessible bytes of bitmaps",
                            "accessible bytes of shelves",
                            "accessible bytes of threads",
                            "accessible bytes of the range",
                            "thread blocks ever used",
                            "times pages went back",
                            "serial of the last allocation",
                            "words of stacks",
                            "threads of the debug layer",
                            "guarded pages, small blocks",
                            "guarded pages, large blocks"};

template <class Number>
std::optional<std::uint64_t> number_at(const AnyView& view, Address at) {
  Number number = 0;
  if (at == 0 || !read_object(view, at, number)) return std::nullopt;
  return number;
}

HeapCounters counters_of(const AnyView& view, const HeapReport& heap) {
  const HeapRoot<Remote>& root = heap.result.plan.root;
  HeapCounters counters{heap.site.root, root.reservation, {}};
  for (const Stretch<Remote>* stretch : {&root.arenas, &root.class_bytes, &root.pools,
                                         &root.bitmaps, &root.shelves, &root.threads, &root.range})
    counters.values.emplace_back(stretch->committed);
  counters.values.emplace_back(root.threads_used);
  counters.values.emplace_back(root.decommits);
  if (heap.layer.there()) {
    const DebugRoot<Remote>& layer = heap.layer.plan.root;
    counters.values.push_back(number_at<std::uint64_t>(view, layer.serials));
    counters.values.push_back(number_at<std::uint64_t>(view, layer.stack_used));
    counters.values.push_back(number_at<std::uint32_t>(view, layer.threads_used));
    for (const CarvedPages& area : layer.page_areas)
      counters.values.push_back(number_at<std::uint32_t>(view, area.next));
  }
  counters.values.resize(kNames.size());
  return counters;
}

void compare(const HeapCounters& before, const HeapCounters& after, CounterChanges& changes) {
  for (std::size_t i = 0; i < std::min(before.values.size(), after.values.size()); ++i) {
    if (!before.values[i] || !after.values[i]) continue;
    ++changes.compared;
    if (*after.values[i] < *before.values[i])
      changes.shrunk.push_back({before.root, kNames[i], *before.values[i], *after.values[i]});
  }
}

}  // namespace

GrowingCounters growing_counters(const AnyView& view, const Examination& seen) {
  GrowingCounters counters;
  counters.pid = static_cast<std::uint64_t>(seen.facts.pid);
  counters.time_ns = seen.facts.time_ns;
  for (const HeapReport& heap : seen.heaps)
    if (heap.complete()) counters.heaps.push_back(counters_of(view, heap));
  return counters;
}

CounterChanges counter_changes(const GrowingCounters& before, const GrowingCounters& after) {
  if (before.time_ns != 0 && after.time_ns != 0 && after.time_ns < before.time_ns)
    return counter_changes(after, before);
  CounterChanges changes;
  if (before.pid != after.pid) return changes;
  for (const HeapCounters& old : before.heaps)
    for (const HeapCounters& now : after.heaps)
      if (old.root == now.root && old.reservation == now.reservation) compare(old, now, changes);
  return changes;
}

}  // namespace arenite
