// SPDX-License-Identifier: MIT
// The span a thread keeps: the one it freed last, if that is not large beside the heap. A buffer
// that comes and goes then needs no lock and no search. Nobody else looks at it until it is given
// back.
#pragma once

#include "os/lock.hpp"
#include "span/spans.hpp"
#include "thread/registry.hpp"

namespace arenite {

template <class Geometry, PageSource Pages>
class KeptSpan {
 public:
  using Root = HeapRoot<Native>;

  KeptSpan(Root& root, Pages& pages, ThreadBlock thread)
      : root_(root), pages_(pages), thread_(thread) {}

  /// Whether a span of so many pools may be kept.
  bool is_worth_keeping(std::uint32_t pools) const {
    constexpr std::uint32_t kShare = 16;
    return pools <= Geometry::kKeptSpanPools &&
           pools <= tables().arena_count() * (kArenaPools / kShare);
  }

  /// Instead of giving it back; the one kept before is given back. Requires: the span is worth it.
  void keep(PoolIndex pool) {
    give();
    // Relaxed, both: an audit that meets one without the other looks again, and a forked child
    // gives back what no thread keeps.
    tables().pool(pool).state.store(PoolState::kept, std::memory_order_relaxed);
    thread_header(thread_).kept_span.store(pool.value + 1, std::memory_order_relaxed);
  }

  /// Gives back what the thread keeps, if it keeps one.
  void give() {
    auto& kept = thread_header(thread_).kept_span;
    const std::uint32_t pool = kept.load(std::memory_order_relaxed);
    if (pool == 0) return;
    LockGuard guard(root_.range_lock);
    kept.store(0, std::memory_order_relaxed);
    spans().give(PoolIndex{pool - 1});
  }

  /// The span the thread keeps, made one of `size` bytes; null if it has another number of pools.
  void* take(std::size_t size) {
    auto& kept = thread_header(thread_).kept_span;
    const std::uint32_t pool = kept.load(std::memory_order_relaxed);
    if (pool == 0) return nullptr;
    const PoolIndex first{pool - 1};
    PoolDescriptor<Native>& descriptor = tables().pool(first);
    if (descriptor.span_pools != spans().pools_for(size)) return nullptr;
    kept.store(0, std::memory_order_relaxed);
    descriptor.span_bytes = round_up(size, Geometry::kPageBytes);
    // Relaxed: a thread that is given the span's address synchronises with its owner anyway.
    descriptor.state.store(PoolState::span, std::memory_order_relaxed);
    return reinterpret_cast<void*>(tables().pool_address(first));
  }

 private:
  Tables<Geometry> tables() const { return Tables<Geometry>(root_); }
  Spans<Geometry, Pages> spans() { return {root_, pages_}; }

  Root& root_;
  Pages& pages_;
  ThreadBlock thread_;
};

}  // namespace arenite
