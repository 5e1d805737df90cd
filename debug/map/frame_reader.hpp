// SPDX-License-Identifier: MIT
// Reads a heap into a frame: a walk for the columns, and one for the blocks of the pools that were
// chosen by them. Throws std::bad_alloc.
#pragma once

#include <algorithm>
#include <functional>
#include <new>

#include "debug/blocks/block_walk.hpp"
#include "debug/map/heap_frame.hpp"
#include "debug/map/origins.hpp"
#include "debug/map/pinned.hpp"

namespace arenite::map {

/// Appends a pool, or all pools of a span. Requires: it is the next of the frame.
void add_pool(const WalkedPool& pool, HeapFrame& frame);
/// Appends the pool's free bitmap and held blocks.
void add_detail(const WalkedPool& pool, BlockDetail& detail);

template <MemoryView View>
std::vector<ThreadFacts> read_threads(const View& view, const HeapPlan& plan) {
  std::vector<ThreadFacts> threads;
  for (std::uint32_t i = 0; i < plan.thread_count; ++i) {
    ThreadHeader<Remote> header;
    if (read_object(view, plan.thread(i), header) && header.state != ThreadState::unused)
      threads.push_back({i, static_cast<std::uint32_t>(header.state), header.system_thread});
  }
  return threads;
}

/// What the debug layer tells; null functions if there is none.
struct LayerFacts {
  FindFacts find = nullptr;
  /// Visits its blocks on guard pages.
  std::function<void(const std::function<void(const BlockFacts& facts)>& visit)> each_on_pages =
      nullptr;
};

/// `detail_bytes`: how much of free bitmaps goes in.
template <MemoryView View>
HeapFrame read_frame(const View& view, const HeapPlan& plan, std::size_t detail_bytes,
                     const LayerFacts& layer = {}) {
  HeapFrame frame;
  BlockWalk<View> walk(view, plan);
  if (!walk.had()) throw std::bad_alloc();
  frame.pool_count = std::min(plan.pool_count, kMostPools);
  frame.pools_left_out = plan.pool_count - frame.pool_count;
  Origins origins(layer.find);
  walk.each_pool([&](const WalkedPool& pool) {
    if (pool.index >= frame.pool_count) return;
    add_pool(pool, frame);
    origins.add(pool);
  });
  if (layer.each_on_pages != nullptr)
    layer.each_on_pages([&](const BlockFacts& facts) { origins.add_on_pages(facts); });
  origins.finish(frame);
  frame.threads = read_threads(view, plan);
  const std::vector<bool> chosen = choose_detail(plan, frame, detail_bytes);
  walk.each_pool([&](const WalkedPool& pool) {
    if (pool.index < frame.pool_count && chosen[pool.index]) add_detail(pool, frame.detail);
  });
  return frame;
}

}  // namespace arenite::map
