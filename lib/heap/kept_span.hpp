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
    if (kept_now() != 0) [[unlikely]] {
      keep_instead(root_, pages_, thread_, pool);
    } else {
      note(pool);
    }
    return true;
  }

  /// Gives back what the thread keeps, if it keeps one.
  void give() {
    const std::uint32_t kept = kept_now();
    if (kept == 0) return;
    LockGuard guard(root_.range_lock);
    thread_header(thread_).kept_span.store(0, std::memory_order_relaxed);
    Spans<Geometry, Pages>(root_, pages_).give(PoolIndex{kept - 1});
  }

  /// The span the thread keeps, made one of `size` bytes, any 64-bit number; null if it has another
  /// number of pools.
  void* take(std::size_t size) {
    const std::uint32_t kept = kept_now();
    if (kept == 0) return nullptr;
    const PoolIndex first{kept - 1};
    PoolDescriptor<Native>& descriptor = tables().pool(first);
    // In 64 bits, unlike Spans::pools_for; a sum that wraps gives 0 pools, which no span has.
    if (descriptor.span_pools != divide_up(size, Geometry::kPoolBytes)) return nullptr;
    thread_header(thread_).kept_span.store(0, std::memory_order_relaxed);
    descriptor.span_bytes = round_up(size, Geometry::kPageBytes);
    // Relaxed: a thread that is given the span's address synchronises with its owner anyway.
    descriptor.state.store(PoolState::span, std::memory_order_relaxed);
    const Address at = tables().pool_address(first);
    // Said, so that callers' tests for null cost nothing.
    if (at == 0) __builtin_unreachable();
    return reinterpret_cast<void*>(at);
  }

 private:
  bool is_worth_keeping(std::uint32_t pools) const {
    constexpr std::uint32_t kShare = 16;
    return pools <= Geometry::kKeptSpanPools &&
           pools <= root_.range.committed.load(std::memory_order_relaxed) /
                        (kShare * Geometry::kPoolBytes);
  }

  std::uint32_t kept_now() const {
    return thread_header(thread_).kept_span.load(std::memory_order_relaxed);
  }

  void note(PoolIndex pool) {
    // Relaxed, both: an audit that meets one without the other looks again, and a forked child
    // gives back what no thread keeps.
    tables().pool(pool).state.store(PoolState::kept, std::memory_order_relaxed);
    thread_header(thread_).kept_span.store(pool.value + 1, std::memory_order_relaxed);
  }

  // Static, and called last, so that the way past it needs no stack.
  [[gnu::noinline]] static void keep_instead(Root& root, Pages& pages, ThreadBlock thread,
                                             PoolIndex pool) {
    KeptSpan self(root, pages, thread);
    self.give();
    self.note(pool);
  }

  Tables<Geometry> tables() const { return Tables<Geometry>(root_); }

  Root& root_;
  Pages& pages_;
  ThreadBlock thread_;
};

}  // namespace arenite
