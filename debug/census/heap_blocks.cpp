// SPDX-License-Identifier: MIT
#include "debug/census/heap_blocks.hpp"

#include <algorithm>

#include "debug/blocks/block_walk.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite {

HeapBlocks::HeapBlocks(const AnyView& view, const Examination& examination, Traces traces)
    : view_(view), examination_(examination), traces_(std::move(traces)) {
  for (const HeapReport& heap : examination.heaps) {
    const HeapRoot<Remote>& root = heap.result.plan.root;
    if (!heap.complete()) continue;
    reservations_.push_back({root.reservation, root.reservation + root.reservation_bytes});
    if (heap.site.own) own_heaps_.push_back({reservations_.back(), heap.site.root});
  }
  std::sort(reservations_.begin(), reservations_.end(),
            [](const Region& a, const Region& b) { return a.begin < b.begin; });
  std::sort(own_heaps_.begin(), own_heaps_.end(), [](const OwnHeap& a, const OwnHeap& b) {
    return a.reservation.begin < b.reservation.begin;
  });
  BlockMap map;
  map.context = this;
  map.each_live = &each_live;
  if (!blocks_.build(map, nullptr, nullptr))
    throw CannotTell("there is no memory to list blocks in");
}

void HeapBlocks::each_live(void* self, void (*visit)(void* visitor, const BlockFacts& facts),
                           void* visitor) {
  auto& heaps = *static_cast<HeapBlocks*>(self);
  heaps.unclear_ = 0;
  for (const HeapReport& heap : heaps.examination_.heaps) {
    if (!heap.complete()) continue;
    BlockWalk<AnyView> walk(heaps.view_, heap.result.plan);
    if (!walk.had()) throw CannotTell("there is no memory to walk a heap in");
    walk.each_pool([&](const WalkedPool& pool) {
      pool.each_live([&](const WalkedBlock& block) {
        BlockFacts facts;
        if (!heaps.traces_.there() || !heaps.traces_.find(block.begin, facts)) {
          facts.begin = block.begin;
          facts.size = block.bytes;
        } else if (facts.state != BlockState::live) {
          return;
        }
        visit(visitor, facts);
      });
    });
    heaps.unclear_ += walk.unclear();
  }
  if (heaps.traces_.each_on_pages == nullptr) return;
  heaps.traces_.each_on_pages([&](const BlockFacts& facts) {
    if (facts.state == BlockState::live) visit(visitor, facts);
  });
}

}  // namespace arenite
