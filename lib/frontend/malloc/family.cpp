// SPDX-License-Identifier: MIT
// The malloc family: every symbol of it that a program can call, with errno, zero sizes, overflow
// and alignment as ISO C, POSIX and glibc's manual say.
#include <malloc.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/bits.hpp"
#include "frontend/process/process_heap.hpp"

#define ARN_EXPORT extern "C" [[gnu::visibility("default")]]

namespace {

using arenite::Family;
using arenite::process_free;
using arenite::slow_paths;

[[gnu::noinline]] void* no_memory() {
  errno = ENOMEM;
  return nullptr;
}

void* invalid() {
  errno = EINVAL;
  return nullptr;
}

// What the fast path ends in, so that it itself needs no stack.
[[gnu::noinline]] void* realloc_slowly(void* block, std::size_t size) {
  if (block == nullptr) return arenite::process_allocate(size);
  if (size != 0) return slow_paths().reallocate(block, size, Family::malloc);
  process_free(block);
  return nullptr;
}

void* aligned(std::size_t alignment, std::size_t size) {
  return arenite::process_allocate_aligned(alignment, size, Family::aligned);
}

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

ARN_EXPORT void* malloc(std::size_t size) noexcept {
  if (void* block = arenite::process_try_allocate(size)) [[likely]]
    return block;
  return slow_paths().allocate(size, Family::malloc);
}

ARN_EXPORT void free(void* block) noexcept {
  process_free(block);
}

ARN_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) [[unlikely]]
    return no_memory();
  if (void* block = arenite::process_try_allocate_zeroed(bytes)) [[likely]]
    return block;
  return slow_paths().allocate_zeroed(bytes, Family::malloc);
}

/// realloc(block, 0) frees and returns null, as glibc's does.
ARN_EXPORT void* realloc(void* block, std::size_t size) noexcept {
  // A size of 0 fits in no block's place, and null lies in no pool.
  if (arenite::process_fits_in_place(block, size)) [[likely]]
    return block;
  return realloc_slowly(block, size);
}

ARN_EXPORT void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) [[unlikely]]
    return no_memory();
  return realloc(block, bytes);
}

ARN_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  if (!std::has_single_bit(alignment)) return invalid();
  return aligned(alignment, size);
}

/// As glibc's: an alignment that is no power of two is rounded up to one.
ARN_EXPORT void* memalign(std::size_t alignment, std::size_t size) noexcept {
  if (alignment > SIZE_MAX / 2 + 1) return invalid();
  return aligned(std::bit_ceil(alignment), size);
}

/// Reports by its result; errno stays as it was.
ARN_EXPORT int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  if (!std::has_single_bit(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  const int kept = errno;
  void* block = aligned(alignment, size);
  if (block == nullptr) {
    errno = kept;
    return ENOMEM;
  }
  *to = block;
  return 0;
}

ARN_EXPORT void* valloc(std::size_t size) noexcept {
  return memalign(page_bytes(), size);
}

ARN_EXPORT void* pvalloc(std::size_t size) noexcept {
  const std::size_t page = page_bytes();
  if (size > SIZE_MAX - page) return no_memory();
  return memalign(page, arenite::round_up(size == 0 ? 1 : size, page));
}

ARN_EXPORT std::size_t malloc_usable_size(void* block) noexcept {
  return block == nullptr ? 0 : arenite::process_usable_size(block);
}

ARN_EXPORT void cfree(void* block) noexcept {
  process_free(block);
}
ARN_EXPORT void free_sized(void* block, std::size_t size) noexcept {
  arenite::process_free_sized(block, size, Family::malloc);
}
ARN_EXPORT void free_aligned_sized(void* block, std::size_t alignment, std::size_t size) noexcept {
  arenite::process_free_sized_aligned(block, size, alignment, Family::aligned);
}

ARN_EXPORT int malloc_trim(std::size_t) noexcept {
  return arenite::process_trim() ? 1 : 0;
}

/// Accepts what glibc knows; nothing here has a meaning for this allocator.
ARN_EXPORT int mallopt(int parameter, int) noexcept {
  switch (parameter) {
    case M_MXFAST:
    case M_TRIM_THRESHOLD:
    case M_TOP_PAD:
    case M_MMAP_THRESHOLD:
    case M_MMAP_MAX:
    case M_CHECK_ACTION:
    case M_PERTURB:
    case M_ARENA_TEST:
    case M_ARENA_MAX:
      return 1;
    default:
      return 0;
  }
}

// glibc's own names for the same, which some programs call.
ARN_EXPORT void* __libc_malloc(std::size_t size) noexcept {
  return malloc(size);
}
ARN_EXPORT void __libc_free(void* block) noexcept {
  free(block);
}
ARN_EXPORT void __libc_cfree(void* block) noexcept {
  free(block);
}
ARN_EXPORT void* __libc_calloc(std::size_t count, std::size_t size) noexcept {
  return calloc(count, size);
}
ARN_EXPORT void* __libc_realloc(void* block, std::size_t size) noexcept {
  return realloc(block, size);
}
ARN_EXPORT void* __libc_reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  return reallocarray(block, count, size);
}
ARN_EXPORT void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
ARN_EXPORT void* __libc_valloc(std::size_t size) noexcept {
  return valloc(size);
}
ARN_EXPORT void* __libc_pvalloc(std::size_t size) noexcept {
  return pvalloc(size);
}
ARN_EXPORT int __posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  return posix_memalign(to, alignment, size);
}
