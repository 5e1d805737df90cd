// SPDX-License-Identifier: MIT
// A standard allocator over the process heap, for containers in programs whose malloc is another.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

#include <arenite/arenite.h>

namespace arenite {

/// Meets the requirements of Allocator; all objects are equal. Thread-safe. Throws std::bad_alloc
/// when memory cannot be had, std::bad_array_new_length when the size overflows.
template <class T>
struct allocator {
  using value_type = T;

  constexpr allocator() noexcept = default;
  template <class U>
  constexpr allocator(const allocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
      throw std::bad_array_new_length();
    void* block = alignof(T) <= 16 ? arn_malloc(count * sizeof(T))
                                   : arn_aligned_alloc(alignof(T), count * sizeof(T));
    if (block == nullptr) throw std::bad_alloc();
    return static_cast<T*>(block);
  }

  void deallocate(T* block, std::size_t) noexcept { arn_free(block); }

  template <class U>
  friend constexpr bool operator==(const allocator&, const allocator<U>&) noexcept {
    return true;
  }
};

}  // namespace arenite
