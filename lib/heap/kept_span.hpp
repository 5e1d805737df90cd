// SPDX-License-Identifier: MIT
// The span a thread keeps: the one it freed last, if that is not large beside the heap. A buffer
// that comes and goes then needs no lock and no search. Nobody else looks at it until it is given
// back.
#pragma once

#include "os/lock.hpp"
#include "span/spans.hpp"
#include "thread/arrays.hpp"

namespace arenite {

template <class Geometry, PageSource Pages>
class KeptSpan {
 public:
  using Root = HeapRoot<Native>;

  KeptSpan(Root& root, Pages& pages, ThreadBlock thread)
      : root_(root), pages_(pages), thread_(thread) {}

  /// Keeps a span instead of giving it back; the one kept before is given back. False if it is too
  /// large, or the thread is diverted: it is then the caller's still.
  bool keep(PoolIndex pool) {
    if (!is_worth_keeping(tables().pool(pool).span_pools) || is_diverted(thread_)) return false;
    give();
    // Relaxed, both: an audit that meets one without the other looks again, and a forked child
    // gives back what no thread keeps.
    tables().pool(pool).state.store(PoolState::kept, std::memory_order_relaxed);
    thread_header(thread_).kept_span.store(pool.value + 1, std::memory_order_relaxed);
    return true;
  }

  /// Gives back what the thread keeps, if it keeps one.
  void give() {
    const std::uint32_t kept = thread_header(thread_).kept_span.load(std::memory_order_relaxed);
    if (kept != 0) give_now(PoolIndex{kept - 1});
  }

  /// The span the thread keeps, made one of `size` bytes, any 64-bit number; null if it has another
  /// number of pools.
  void* take(std::size_t size) {
    auto& kept = thread_header(thread_).kept_span;
    const std::uint32_t pool = kept.load(std::memory_order_relaxed);
    if (pool == 0) return nullptr;
    const PoolIndex first{pool - 1};
    PoolDescriptor<Native>& descriptor = tables().pool(first);
    // In 64 bits, unlike Spans::pools_for; a sum that wraps gives 0 pools, which no span has.
    if (descriptor.span_pools != divide_up(size, Geometry::kPoolBytes)) return nullptr;
    kept.store(0, std::memory_order_relaxed);
    descriptor.span_bytes = round_up(size, Geometry::kPageBytes);
    // Relaxed: a thread that is given the span's address synchronises with its owner anyway.
    descriptor.state.store(PoolState::span, std::memory_order_relaxed);
    return reinterpret_cast<void*>(tables().pool_address(first));
  }

 private:
  bool is_worth_keeping(std::uint32_t pools) const {
    constexpr std::uint32_t kShare = 16;
    return pools <= Geometry::kKeptSpanPools &&
           pools <= tables().arena_count() * (kArenaPools / kShare);
  }

  [[gnu::noinline]] void give_now(PoolIndex pool) {
    LockGuard guard(root_.range_lock);
    thread_header(thread_).kept_span.store(0, std::memory_order_relaxed);
    spans().give(pool);
  }

  Tables<Geometry> tables() const { return Tables<Geometry>(root_); }
  Spans<Geometry, Pages> spans() { return {root_, pages_}; }

  Root& root_;
  Pages& pages_;
  ThreadBlock thread_;
};

}  // namespace arenite
