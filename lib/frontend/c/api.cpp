// SPDX-License-Identifier: MIT
// The arn_ functions over the process heap, but for the audit (debug/audit/arn_audit.cpp).
#include <bit>
#include <cerrno>
#include <cstdint>

#include "arenite/arenite.h"
#include "base/contract.hpp"
#include "frontend/process/process_heap.hpp"
#include "frontend/process/process_statistics.hpp"

extern "C" void* arn_malloc(size_t size) {
  return arenite::process_allocate(size);
}

extern "C" void* arn_calloc(size_t count, size_t size) {
  size_t bytes;
  if (!__builtin_mul_overflow(count, size, &bytes)) return arenite::process_allocate_zeroed(bytes);
  errno = ENOMEM;
  return nullptr;
}

extern "C" void* arn_realloc(void* block, size_t size) {
  if (block == nullptr) return arn_malloc(size);
  if (size == 0) {
    arn_free(block);
    return nullptr;
  }
  return arenite::process_reallocate(block, size);
}

extern "C" void* arn_aligned_alloc(size_t alignment, size_t size) {
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return arenite::process_allocate_aligned(alignment, size, arenite::Family::aligned);
}

extern "C" void arn_free(void* block) {
  arenite::process_free(block);
}

extern "C" void* arn_resource_allocate(size_t size, size_t alignment) {
  if (alignment <= 16) return arenite::process_allocate(size, arenite::Family::pmr);
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return arenite::process_allocate_aligned(alignment, size, arenite::Family::pmr);
}

extern "C" void arn_resource_deallocate(void* block, size_t size, size_t alignment) {
  if (block == nullptr) return;
  // What asks for no alignment gets 16, and may say anything below.
  if (alignment <= 16) return arenite::process_free_sized(block, size, arenite::Family::pmr);
  arenite::process_free_sized_aligned(block, size, alignment, arenite::Family::pmr);
}

extern "C" size_t arn_usable_size(const void* block) {
  return block == nullptr ? 0 : arenite::process_usable_size(block);
}

extern "C" int arn_owns(const void* address) {
  return arenite::slow_paths().owns(address) ? 1 : 0;
}

extern "C" int arn_trim(void) {
  return arenite::process_trim() ? 1 : 0;
}

extern "C" arn_fatal_handler arn_set_fatal_handler(arn_fatal_handler handler) {
  return arenite::set_fatal_handler(handler);
}

extern "C" int arn_statistics(int file_descriptor, enum arn_format format) {
  arenite::Statistics statistics;
  arenite::process_statistics(statistics);
  arenite::DescriptorSink sink{file_descriptor};
  if (format == ARN_JSON)
    print_json(statistics, sink.sink());
  else
    print_text(statistics, sink.sink());
  return sink.failed ? -1 : 0;
}
