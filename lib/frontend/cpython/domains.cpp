// SPDX-License-Identifier: MIT
#include "frontend/cpython/domains.hpp"

#include <algorithm>
#include <cstring>

#include "frontend/process/process_heap.hpp"

namespace arenite {
namespace {

DomainAllocator& former_of(void* context) {
  return *static_cast<DomainAllocator*>(context);
}

/// A block of whoever served the domain before. Pools and pages are told apart by address alone.
bool is_foreign(void* context, const void* block) {
  return context != nullptr && block != nullptr && !slow_paths().owns(block);
}

/// A foreign block that grows becomes one of ours. How much of it may be read only the former
/// allocator knows, so it makes the copy.
template <Family kFamily>
void* adopt(DomainAllocator& former, void* block, std::size_t size) {
  void* moved = process_allocate(size, kFamily);
  if (moved == nullptr) return nullptr;
  void* resized = former.realloc(former.context, block, size);
  if (resized == nullptr) {
    process_free(moved, kFamily);
    return nullptr;
  }
  std::memcpy(moved, resized, size);
  former.free(former.context, resized);
  return moved;
}

template <Family kFamily>
[[gnu::noinline]] void* realloc_slowly(void* context, void* block, std::size_t size) {
  // A size of 0 is a block of one byte, not a free.
  size = std::max(size, std::size_t{1});
  if (block == nullptr) return process_allocate(size, kFamily);
  if (is_foreign(context, block)) return adopt<kFamily>(former_of(context), block, size);
  return slow_paths().reallocate(block, size, kFamily);
}

template <Family kFamily>
[[gnu::noinline]] void free_slowly(void* context, void* block) {
  if (block == nullptr) return;
  if (is_foreign(context, block)) return former_of(context).free(former_of(context).context, block);
  slow_paths().free(block, kFamily);
}

template <Family kFamily>
struct Served {
  static void* malloc(void*, std::size_t size) { return process_allocate(size, kFamily); }

  static void* calloc(void*, std::size_t count, std::size_t size) {
    std::size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) [[unlikely]]
      return nullptr;
    return process_allocate_zeroed(bytes, kFamily);
  }

  static void* realloc(void* context, void* block, std::size_t size) {
    // A size of 0 fits in no block's place, and null lies in no pool.
    if (process_fits_in_place(block, size)) [[likely]]
      return block;
    return realloc_slowly<kFamily>(context, block, size);
  }

  static void free(void* context, void* block) {
    if (process_try_free(block)) [[likely]]
      return;
    free_slowly<kFamily>(context, block);
  }
};

template <Family kFamily>
DomainAllocator table(DomainAllocator* former) {
  using Functions = Served<kFamily>;
  return {former, Functions::malloc, Functions::calloc, Functions::realloc, Functions::free};
}

// Pools of CPython's allocator are 16 KiB and lie at multiples of that; it wastes the ends of an
// arena that does not.
constexpr std::size_t kArenaAlignment = std::size_t{16} << 10;

void* allocate_arena(void*, std::size_t size) {
  return process_allocate_aligned(kArenaAlignment, size, Family::python_raw);
}

void free_arena(void*, void* block, std::size_t size) {
  process_free_sized_aligned(block, size, kArenaAlignment, Family::python_raw);
}

}  // namespace

DomainAllocator domain_allocator(Domain domain, DomainAllocator* former) {
  switch (domain) {
    case Domain::raw:
      return table<Family::python_raw>(former);
    case Domain::mem:
      return table<Family::python_mem>(former);
    case Domain::object:
      break;
  }
  return table<Family::python_object>(former);
}

bool is_ours(const DomainAllocator& allocator) {
  return allocator.malloc == Served<Family::python_raw>::malloc ||
         allocator.malloc == Served<Family::python_mem>::malloc ||
         allocator.malloc == Served<Family::python_object>::malloc;
}

ArenaAllocator arena_allocator() {
  return {nullptr, allocate_arena, free_arena};
}

}  // namespace arenite
