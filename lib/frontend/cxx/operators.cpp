// SPDX-License-Identifier: MIT
// Every replaceable operator new and delete. When memory cannot be had, the new-handler is called
// until it gives up, then std::bad_alloc is thrown, or null returned from the nothrow forms.
//
// The library links no C++ runtime, since it must run inside anything; the two functions of it that
// are needed here exist wherever operator new can be called from, and are looked up then.
#include <dlfcn.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

#include "base/contract.hpp"
#include "frontend/cxx/nothrow.hpp"
#include "frontend/process/process_heap.hpp"

#define ARN_EXPORT [[gnu::visibility("default")]]

extern "C" {
// std::get_new_handler() and std::__throw_bad_alloc(), by the names of the Itanium C++ ABI.
[[gnu::weak]] std::new_handler _ZSt15get_new_handlerv();
[[gnu::weak]] void _ZSt17__throw_bad_allocv();
}

namespace {

using arenite::Family;

/// A function of the C++ runtime: linked, or in a runtime that was loaded later, perhaps locally.
template <class Function>
Function runtime_function(Function linked, const char* name) {
  if (linked != nullptr) return linked;
  for (const char* library : {"libstdc++.so.6", "libc++.so.1", "libc++abi.so.1"})
    if (void* runtime = ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD))
      if (void* found = ::dlsym(runtime, name)) return reinterpret_cast<Function>(found);
  return nullptr;
}

/// Calls the new-handler; false if there is none.
bool new_handler_called() {
  const auto get = runtime_function(&_ZSt15get_new_handlerv, "_ZSt15get_new_handlerv");
  const std::new_handler handler = get != nullptr ? get() : nullptr;
  if (handler == nullptr) return false;
  handler();
  return true;
}

void throw_bad_alloc() {
  const auto raise = runtime_function(&_ZSt17__throw_bad_allocv, "_ZSt17__throw_bad_allocv");
  if (raise != nullptr) raise();
  arenite::fatal("operator new: out of memory, and no C++ runtime to throw std::bad_alloc");
}

template <class Allocate>
[[gnu::noinline]] void* until_handler_gives_up(Allocate allocate) {
  for (;;) {
    if (void* block = allocate()) return block;
    if (!new_handler_called()) return nullptr;
  }
}

[[gnu::noinline]] void* new_slowly(std::size_t size, Family family) {
  void* block = until_handler_gives_up(
      [size, family] { return arenite::slow_paths().allocate(size, family); });
  if (block == nullptr) throw_bad_alloc();
  return block;
}

[[gnu::noinline]] void* aligned_new(std::size_t size, std::size_t alignment, Family family) {
  // An alignment that is no power of two is undefined behaviour by the standard; here it fails.
  if (!std::has_single_bit(alignment)) return nullptr;
  return until_handler_gives_up([size, alignment, family] {
    return arenite::process_allocate_aligned(alignment, size, family);
  });
}

inline void* allocate_or_throw(std::size_t size, Family family) {
  if (void* block = arenite::process_try_allocate(size)) [[likely]]
    return block;
  return new_slowly(size, family);
}

void* aligned_or_throw(std::size_t size, std::align_val_t alignment, Family family) {
  void* block = aligned_new(size, static_cast<std::size_t>(alignment), family);
  if (block == nullptr) throw_bad_alloc();
  return block;
}

void* new_or_null_slowly(std::size_t size, std::size_t, Family family) {
  return until_handler_gives_up(
      [size, family] { return arenite::slow_paths().allocate(size, family); });
}

void* allocate_or_null(std::size_t size, Family family) noexcept {
  if (void* block = arenite::process_try_allocate(size)) [[likely]]
    return block;
  return arenite::null_if_thrown(new_or_null_slowly, size, 0, family);
}

void* aligned_or_null(std::size_t size, std::align_val_t alignment, Family family) noexcept {
  return arenite::null_if_thrown(aligned_new, size, static_cast<std::size_t>(alignment), family);
}

using arenite::process_free;
using arenite::process_free_aligned;
using arenite::process_free_sized;
using arenite::process_free_sized_aligned;

}  // namespace

ARN_EXPORT void* operator new(std::size_t size) {
  return allocate_or_throw(size, Family::new_object);
}
ARN_EXPORT void* operator new[](std::size_t size) {
  return allocate_or_throw(size, Family::new_array);
}
ARN_EXPORT void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, Family::new_object);
}
ARN_EXPORT void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate_or_null(size, Family::new_array);
}
ARN_EXPORT void* operator new(std::size_t size, std::align_val_t alignment) {
  return aligned_or_throw(size, alignment, Family::new_aligned);
}
ARN_EXPORT void* operator new[](std::size_t size, std::align_val_t alignment) {
  return aligned_or_throw(size, alignment, Family::new_array_aligned);
}
ARN_EXPORT void* operator new(std::size_t size, std::align_val_t alignment,
                              const std::nothrow_t&) noexcept {
  return aligned_or_null(size, alignment, Family::new_aligned);
}
ARN_EXPORT void* operator new[](std::size_t size, std::align_val_t alignment,
                                const std::nothrow_t&) noexcept {
  return aligned_or_null(size, alignment, Family::new_array_aligned);
}

ARN_EXPORT void operator delete(void* block) noexcept {
  process_free(block, Family::new_object);
}
ARN_EXPORT void operator delete[](void* block) noexcept {
  process_free(block, Family::new_array);
}
ARN_EXPORT void operator delete(void* block, std::size_t size) noexcept {
  process_free_sized(block, size, Family::new_object);
}
ARN_EXPORT void operator delete[](void* block, std::size_t size) noexcept {
  process_free_sized(block, size, Family::new_array);
}
ARN_EXPORT void operator delete(void* block, const std::nothrow_t&) noexcept {
  process_free(block, Family::new_object);
}
ARN_EXPORT void operator delete[](void* block, const std::nothrow_t&) noexcept {
  process_free(block, Family::new_array);
}
ARN_EXPORT void operator delete(void* block, std::align_val_t alignment) noexcept {
  process_free_aligned(block, static_cast<std::size_t>(alignment), Family::new_aligned);
}
ARN_EXPORT void operator delete[](void* block, std::align_val_t alignment) noexcept {
  process_free_aligned(block, static_cast<std::size_t>(alignment), Family::new_array_aligned);
}
ARN_EXPORT void operator delete(void* block, std::size_t size,
                                std::align_val_t alignment) noexcept {
  process_free_sized_aligned(block, size, static_cast<std::size_t>(alignment), Family::new_aligned);
}
ARN_EXPORT void operator delete[](void* block, std::size_t size,
                                  std::align_val_t alignment) noexcept {
  process_free_sized_aligned(block, size, static_cast<std::size_t>(alignment),
                             Family::new_array_aligned);
}
ARN_EXPORT void operator delete(void* block, std::align_val_t alignment,
                                const std::nothrow_t&) noexcept {
  process_free_aligned(block, static_cast<std::size_t>(alignment), Family::new_aligned);
}
ARN_EXPORT void operator delete[](void* block, std::align_val_t alignment,
                                  const std::nothrow_t&) noexcept {
  process_free_aligned(block, static_cast<std::size_t>(alignment), Family::new_array_aligned);
}
