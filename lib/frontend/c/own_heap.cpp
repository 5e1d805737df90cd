// SPDX-License-Identifier: MIT
#include "frontend/c/own_heap.hpp"

#include <pthread.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <memory>

#include "arenite/arenite.h"

namespace {

constexpr std::size_t kDefaultRangeBytes = std::size_t{1} << 30;

using arenite::lock;
using arenite::LockGuard;
using arenite::Production;
using arenite::reset;
using arenite::unlock;

void* or_enomem(void* block) {
  if (block == nullptr) errno = ENOMEM;
  return block;
}

constinit arenite::LockWord list_lock{0};
constinit arn_heap* first = nullptr;

void enlist(arn_heap* heap) {
  LockGuard guard(list_lock);
  heap->next = first;
  if (first != nullptr) first->previous = heap;
  first = heap;
}

void delist(arn_heap* heap) {
  LockGuard guard(list_lock);
  (heap->previous != nullptr ? heap->previous->next : first) = heap->next;
  if (heap->next != nullptr) heap->next->previous = heap->previous;
}

void before_fork() {
  lock(list_lock);
  for (arn_heap* heap = first; heap != nullptr; heap = heap->next) lock(heap->lock);
}

void after_fork_in_parent() {
  for (arn_heap* heap = first; heap != nullptr; heap = heap->next) unlock(heap->lock);
  unlock(list_lock);
}

void after_fork_in_child() {
  for (arn_heap* heap = first; heap != nullptr; heap = heap->next) reset(heap->lock);
  reset(list_lock);
}

/// As early as those of the process heap, so that handlers of the program may use its heaps.
[[gnu::constructor(101)]] void register_fork_handlers() {
  ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void destroy(arn_heap* heap) {
  std::destroy_at(heap);
  arenite::process_free(heap);
}

}  // namespace

extern "C" arn_heap* arn_heap_create(size_t range_bytes) {
  void* at = arenite::process_allocate(sizeof(arn_heap));
  if (at == nullptr) return nullptr;
  auto* heap = ::new (at) arn_heap;
  const std::size_t wanted =
      range_bytes == 0 ? kDefaultRangeBytes : std::max(range_bytes, Production::kMinRangeBytes);
  if (wanted <= Production::kRangeBytes && heap->heap.open(wanted)) {
    heap->thread = heap->heap.attach(0);
    if (heap->thread != 0) {
      enlist(heap);
      return heap;
    }
    heap->heap.close();
  }
  destroy(heap);
  errno = ENOMEM;
  return nullptr;
}

extern "C" void arn_heap_destroy(arn_heap* heap) {
  if (heap == nullptr) return;
  delist(heap);
  heap->heap.close();
  destroy(heap);
}

extern "C" void* arn_heap_malloc(arn_heap* heap, size_t size) {
  LockGuard guard(heap->lock);
  return or_enomem(heap->heap.allocate(heap->thread, size));
}

extern "C" void* arn_heap_aligned_alloc(arn_heap* heap, size_t alignment, size_t size) {
  if (!std::has_single_bit(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  LockGuard guard(heap->lock);
  return or_enomem(heap->heap.allocate_aligned(heap->thread, alignment, size));
}

extern "C" void* arn_heap_realloc(arn_heap* heap, void* block, size_t size) {
  LockGuard guard(heap->lock);
  return or_enomem(block == nullptr ? heap->heap.allocate(heap->thread, size)
                                    : heap->heap.reallocate(heap->thread, block, size));
}

extern "C" void arn_heap_free(arn_heap* heap, void* block) {
  LockGuard guard(heap->lock);
  heap->heap.free(heap->thread, block);
}

extern "C" int arn_heap_owns(const arn_heap* heap, const void* address) {
  return heap->heap.owns(address) ? 1 : 0;
}
