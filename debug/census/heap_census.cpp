// SPDX-License-Identifier: MIT
#include "debug/census/heap_census.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "debug/blocks/block_walk.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite {
namespace {

void add_statistics(const Statistics& statistics, HeapCensus& census) {
  census.mapped_bytes += statistics.range.committed + statistics.table_bytes();
  census.dirty_bytes += statistics.pools_dirty * statistics.pool_bytes;
  census.arenas += statistics.arenas;
  census.arenas_empty += statistics.arenas_empty;
  census.pools_used += statistics.pools_attached + statistics.pools_listed + statistics.pools_full +
                       statistics.span_pools;
}

void add_pool(const WalkedPool& pool, const HeapPlan& plan, HeapCensus& census) {
  std::vector<std::uint64_t>& arenas = census.arena_live.back();
  if (arenas.size() <= pool.arena()) arenas.resize(pool.arena() + 1);
  arenas[pool.arena()] += pool.live_bytes();
  if (!has_blocks(pool.use) && pool.use != PoolUse::span) return;
  ClassCensus& of =
      census.classes[pool.use == PoolUse::span ? census.classes.size() - 1 : pool.size_class];
  of.blocks += pool.live;
  of.bytes += pool.live_bytes();
  of.pools += pool.pools;
  if (!has_blocks(pool.use)) return;
  const std::uint64_t touched = touched_bytes(pool, plan.root.page_bytes, plan.root.pool_bytes);
  of.kept += touched - std::min(touched, pool.live_bytes());
}

void add_on_pages(const BlockFacts& facts, std::uint64_t page_bytes, HeapCensus& census) {
  if (facts.state != BlockState::live) return;
  const std::uint64_t open = round_up(std::max<std::uint64_t>(facts.size, 1), page_bytes);
  ++census.on_pages.blocks;
  census.on_pages.bytes += facts.size;
  census.on_pages.kept += open - facts.size;
  census.mapped_bytes += open;
}

void add_totals(const ClassCensus& of, HeapCensus& census) {
  census.live_blocks += of.blocks;
  census.live_bytes += of.bytes;
  census.kept_bytes += of.kept;
}

}  // namespace

HeapCensus take_census(const AnyView& view, const Examination& seen, const Traces& traces,
                       bool blocks) {
  HeapCensus census;
  std::uint64_t page_bytes = 1;
  for (const HeapReport& heap : seen.heaps) {
    if (!heap.complete()) continue;
    const HeapPlan& plan = heap.result.plan;
    census.arena_live.emplace_back();
    census.classes.resize(std::max<std::size_t>(census.classes.size(), plan.root.class_count + 1));
    for (std::uint32_t i = 0; i < plan.root.class_count; ++i)
      census.classes[i].block_bytes = plan.root.classes[i].block_bytes;
    page_bytes = plan.root.page_bytes;
    add_statistics(heap.result.statistics, census);
    BlockWalk<AnyView> walk(view, plan);
    if (!walk.had()) throw CannotTell("there is no memory to walk a heap in");
    walk.each_pool([&](const WalkedPool& pool) { add_pool(pool, plan, census); });
    census.unclear_pools += walk.unclear();
  }
  if (traces.each_on_pages != nullptr)
    traces.each_on_pages([&](const BlockFacts& facts) { add_on_pages(facts, page_bytes, census); });
  for (const ClassCensus& of : census.classes) add_totals(of, census);
  add_totals(census.on_pages, census);
  census.requested_bytes = census.live_bytes;
  if (!blocks && !traces.there()) return census;
  census.requested_bytes = 0;
  each_row(view, seen, traces, true, [&](const BlockRow& row) {
    census.requested_bytes += row.size;
    if (blocks) census.blocks.push_back({row.begin, row.facts.serial, row.size});
  });
  std::sort(census.blocks.begin(), census.blocks.end());
  return census;
}

BlockChanges block_changes(const HeapCensus& before, const HeapCensus& after) {
  BlockChanges changes;
  auto old = before.blocks.begin();
  auto now = after.blocks.begin();
  while (old != before.blocks.end() || now != after.blocks.end()) {
    if (now == after.blocks.end() || (old != before.blocks.end() && *old < *now)) {
      ++changes.gone;
      changes.gone_bytes += old++->size;
    } else if (old == before.blocks.end() || *now < *old) {
      ++changes.added;
      changes.added_bytes += now++->size;
    } else {
      ++changes.in_both;
      changes.in_both_bytes += now->size;
      ++old, ++now;
    }
  }
  return changes;
}

}  // namespace arenite
