// SPDX-License-Identifier: MIT
// The seam of the debug layer: the slow paths of a process's malloc, as a table. In production its
// entries are the heap's own. Whoever wants to serve the requests of a process, or only to see
// them, puts a table of its own in their place, once, when the heap is opened. Where it is to see
// every request, threads are diverted, so that every request takes a slow path; the fast paths know
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
  pool,  ///< arn_pool_allocate
};

/// A size or an alignment that the caller does not say.
inline constexpr std::size_t kUnsaid = ~std::size_t{0};

/// What the slow paths are. `Family` says which kind of entry point was called. Blocks that are
/// handed out are null, with errno ENOMEM, if memory cannot be had. Called from any thread, at any
/// time in the life of a process, with no lock of the heap held. No member may be null.
struct Interceptor {
  void* (*allocate)(std::size_t size, Family family);
  void* (*allocate_zeroed)(std::size_t size, Family family);
  void* (*allocate_aligned)(std::size_t size, std::size_t alignment, Family family);
  /// `block` is not null, `size` not 0. When memory cannot be had the block is as it was.
  void* (*reallocate)(void* block, std::size_t size, Family family);
  /// Null is ignored. Size and alignment are what the caller says the block has.
  void (*free)(void* block, Family family);
  void (*free_sized)(void* block, std::size_t size, Family family);
  void (*free_aligned)(void* block, std::size_t alignment, Family family);
  void (*free_sized_aligned)(void* block, std::size_t size, std::size_t alignment, Family family);
  std::size_t (*usable_size)(const void* block);
  /// Whether blocks may lie at the address, any 64-bit value. Signal-safe.
  bool (*owns)(const void* address);

  /// On a thread that ends, before what it holds goes back to the heap.
  void (*thread_ends)();
  /// On the forking thread: before any lock of the heap is taken, and after all are free again.
  void (*before_fork)();
  void (*after_fork)(bool in_child);
  /// Once, when the heap is open and nobody uses it yet; must not use it either. If it returns
  /// false, the heap's own slow paths are taken instead.
  bool (*heap_opened)();
  /// Every thread is diverted.
  bool diverts;
  /// Address space the heap is to reserve, in bytes; 0 leaves it to the geometry.
  std::size_t range_bytes;
};

}  // namespace arenite
