// SPDX-License-Identifier: MIT
// A MemoryView that tells how far walks over heaps are, by what they read: each reads a heap's
// arenas in ascending order. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "debug/audit/plan.hpp"
#include "debug/memory/any_view.hpp"

namespace arenite {

/// Told how many bytes of how many are done; for progress.
using Told = std::function<void(std::uint64_t done, std::uint64_t all)>;

class WatchedView {
 public:
  /// `told` may be empty. Both outlive this.
  WatchedView(const AnyView& view, const Told& told) : view_(view), told_(told) {}

  /// From now on walks over this heap are told.
  void follow(const HeapPlan& heap) {
    if (!told_ || heap.arena_count == 0) return;
    const std::uint64_t bytes = std::uint64_t{heap.root.pool_bytes} * kArenaPools;
    heaps_.push_back({heap.arena(0), heap.arena(heap.arena_count), bytes});
  }

  bool read(Address at, void* to, std::size_t bytes) const {
    for (const Heap& heap : heaps_)
      if (at - heap.begin < heap.end - heap.begin) {
        const std::uint64_t each = sizeof(ArenaDescriptor<Remote>);
        told_((at - heap.begin) / each * heap.arena_bytes,
              (heap.end - heap.begin) / each * heap.arena_bytes);
      }
    return view_.read(at, to, bytes);
  }

 private:
  struct Heap {
    Address begin;  ///< of its arenas' descriptors
    Address end;
    std::uint64_t arena_bytes;
  };

  const AnyView& view_;
  const Told& told_;
  std::vector<Heap> heaps_;
};
static_assert(MemoryView<WatchedView>);

}  // namespace arenite
