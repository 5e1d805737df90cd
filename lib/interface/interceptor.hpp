// SPDX-License-Identifier: MIT
// The seam of the debug layer: whoever wants to serve, or only to see, the requests of a process
// puts an Interceptor before its heap. It is asked on slow paths alone. Where it is to see every
// request, threads are diverted, so that every request takes the slow path; the fast paths know
// nothing of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite {

/// What kind of entry point a block came from; it has to go back through the same kind. The order
/// is part of the reports' schema.
enum class Family : std::uint8_t {
  malloc,       ///< malloc, calloc, realloc, strdup, ...
  aligned,      ///< aligned_alloc, memalign, posix_memalign, valloc, pvalloc: freed by free
  new_object,   ///< operator new
  new_array,    ///< operator new[]
  new_aligned,  ///< operator new with an alignment
  new_array_aligned,
  pmr,         ///< arenite::memory_resource
  python_raw,  ///< CPython's three domains
  python_mem,
  python_object,
};

/// A request for a block. `alignment` is a power of two, 0 where the entry point takes none.
struct Request {
  std::size_t size;
  std::size_t alignment;
  Family family;
  bool zeroed;
};

/// How a block is given back. `size` and `alignment` are what the caller says of the block; kUnsaid
/// where the entry point does not take them.
struct Release {
  static constexpr std::size_t kUnsaid = ~std::size_t{0};
  Family family;
  std::size_t size = kUnsaid;
  std::size_t alignment = kUnsaid;
};

/// Every function returns whether it dealt with the call; false leaves it to the heap. Called from
/// any thread, at any time in the life of a process, with no lock of the heap held; may be called
/// by itself again only through `process_plain_*`. Null members are never called.
struct Interceptor {
  /// `block` is null if memory could not be had, or was to be withheld.
  bool (*allocate)(const Request& request, void*& block);
  /// `block` is not null.
  bool (*free)(void* block, const Release& release);
  /// `block` is not null, `size` not 0. `moved` is null if memory could not be had; the block is
  /// then as it was.
  bool (*reallocate)(void* block, std::size_t size, void*& moved);
  bool (*usable_size)(const void* block, std::size_t& bytes);
  /// Around fork, on the forking thread: before any lock of the heap is taken, and after all are
  /// free.
  void (*before_fork)();
  void (*after_fork)(bool in_child);
  /// Every thread is diverted. Otherwise none is, and only refills and what the heap does not know
  /// are seen.
  bool sees_all;
};

}  // namespace arenite
