// SPDX-License-Identifier: MIT
// A heap object as a BlockSource. `Threads` says which thread block the caller works with, for as
// long as the object it returns lives.
#pragma once

#include "debug/guard/block_source.hpp"
#include "layout/arena.hpp"

namespace arenite {

template <class Heap, class Threads>
class HeapSource {
 public:
  using SmallBlock = typename Heap::SmallBlock;
  static constexpr std::size_t kPoolBytes = Heap::Geometry::kPoolBytes;
  static constexpr std::size_t kLeastBlockBytes = Heap::Classes::kFacts[0].block_bytes;
  /// Of every block.
  static constexpr std::size_t kAlignment = Heap::Geometry::kAlignment;

  constexpr HeapSource(Heap& heap, Threads threads) : heap_(&heap), threads_(threads) {}

  void* allocate(std::size_t bytes) {
    const auto thread = threads_();
    return thread.block() == 0 ? nullptr : heap_->allocate(thread.block(), bytes);
  }
  void* allocate_zeroed(std::size_t bytes) {
    const auto thread = threads_();
    return thread.block() == 0 ? nullptr : heap_->allocate_zeroed(thread.block(), bytes);
  }
  void* allocate_aligned(std::size_t alignment, std::size_t bytes) {
    const auto thread = threads_();
    return thread.block() == 0 ? nullptr
                               : heap_->allocate_aligned(thread.block(), alignment, bytes);
  }
  void free(void* block) {
    const auto thread = threads_();
    heap_->free(thread.block(), block);
  }
  bool find_small(Address at, SmallBlock& block) const { return heap_->find_small(at, block); }
  bool owns(Address at) const { return heap_->owns(reinterpret_cast<const void*>(at)); }
  std::uint32_t pool_number(Address at) const { return heap_->pool_number(at); }
  std::size_t span_bytes(const void* block) const { return heap_->usable_size(block); }
  Address range_begin() const { return heap_->root().range.address; }
  std::uint32_t most_pools() const {
    return static_cast<std::uint32_t>(heap_->root().range.bytes / kPoolBytes);
  }
  std::uint32_t pools_in_use() const {
    // Relaxed: an arena that comes meanwhile is passed over.
    return static_cast<std::uint32_t>(
        heap_->root().range.committed.load(std::memory_order_relaxed) / kPoolBytes);
  }

 private:
  Heap* heap_;
  [[no_unique_address]] Threads threads_;
};

}  // namespace arenite
