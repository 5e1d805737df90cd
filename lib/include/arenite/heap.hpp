// SPDX-License-Identifier: MIT
// A heap as a C++ object: its own address range, destroyed whole with all its blocks.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include <arenite/arenite.h>

namespace arenite {

/// Owns a heap. Movable. Calls on one heap are serialised by a lock; different heaps are
/// independent.
class heap {
 public:
  /// `range_bytes`: address space to reserve; 0 for 1 GiB. Throws std::bad_alloc.
  explicit heap(std::size_t range_bytes = 0) : heap_(arn_heap_create(range_bytes)) {
    if (!heap_) throw std::bad_alloc();
  }

  /// `size` bytes at a multiple of `alignment`, a power of two. Throws std::bad_alloc.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = 16) {
    void* block = arn_heap_aligned_alloc(heap_.get(), alignment, size);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }

  /// Requires: a block of this heap, or null.
  void deallocate(void* block) noexcept { arn_heap_free(heap_.get(), block); }

  /// Whether the address, whatever it is, lies in this heap. Never reads at it.
  [[nodiscard]] bool owns(const void* address) const noexcept {
    return arn_heap_owns(heap_.get(), address) != 0;
  }

  /// Findings of an audit; each a line to the file descriptor unless that is negative.
  std::size_t audit(int file_descriptor = -1) const {
    return arn_heap_audit(heap_.get(), file_descriptor);
  }

 private:
  struct Destroy {
    void operator()(arn_heap* heap) const noexcept { arn_heap_destroy(heap); }
  };
  std::unique_ptr<arn_heap, Destroy> heap_;
};

}  // namespace arenite
