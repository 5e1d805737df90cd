// SPDX-License-Identifier: MIT
#include "debug/census/block_rows.hpp"

#include "debug/blocks/block_walk.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite {
namespace {

RowState state_of(BlockUse use) {
  switch (use) {
    case BlockUse::live:
      return RowState::live;
    case BlockUse::held:
      return RowState::held;
    case BlockUse::free:
      return RowState::free;
    default:
      return RowState::uncarved;
  }
}

void trace(const Traces& traces, BlockRow& row) {
  row.traced = traces.there() && row.state == RowState::live && traces.find(row.begin, row.facts);
  if (!row.traced) return;
  row.begin = row.facts.begin;
  row.size = row.facts.size;
  if (row.facts.state == BlockState::freed) row.state = RowState::quarantined;
}

BlockRow row_of(const WalkedPool& pool, const WalkedBlock& block, std::uint32_t classes) {
  BlockRow row;
  row.begin = block.begin;
  row.size = row.usable = block.bytes;
  row.arena = pool.arena();
  row.pool = pool.index;
  row.index = block.index;
  row.size_class = pool.use == PoolUse::span ? classes : pool.size_class;
  row.state = state_of(block.use);
  return row;
}

}  // namespace

std::uint64_t each_row(const AnyView& view, const Examination& seen, const Traces& traces,
                       bool live_only, const std::function<void(const BlockRow& row)>& visit) {
  std::uint64_t unclear = 0;
  for (const HeapReport& heap : seen.heaps) {
    if (!heap.complete()) continue;
    BlockWalk<AnyView> walk(view, heap.result.plan);
    if (!walk.had()) throw CannotTell("there is no memory to walk a heap in");
    walk.each_pool([&](const WalkedPool& pool) {
      const auto one = [&](const WalkedBlock& block) {
        BlockRow row = row_of(pool, block, heap.result.plan.root.class_count);
        trace(traces, row);
        if (!live_only || row.state == RowState::live) visit(row);
      };
      if (live_only)
        pool.each_live(one);
      else
        pool.each_block(one);
    });
    unclear += walk.unclear();
  }
  if (traces.each_on_pages != nullptr)
    traces.each_on_pages([&](const BlockFacts& facts) {
      BlockRow row;
      row.begin = facts.begin;
      row.size = facts.size;
      row.usable = facts.outer_end - facts.outer_begin;
      row.state = facts.state == BlockState::live ? RowState::live : RowState::quarantined;
      row.on_pages = row.traced = true;
      row.facts = facts;
      if (!live_only || row.state == RowState::live) visit(row);
    });
  return unclear;
}

}  // namespace arenite
