// SPDX-License-Identifier: MIT
#include "frontend/c/own_heap.hpp"

#include <pthread.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <memory>

#include "arenite/arenite.h"
#include "os/build_id.hpp"

extern "C" {
// Named for the note below alone: the address of the first heap's link.
[[gnu::visibility("hidden")]] constinit std::atomic<std::uint64_t> arenite_own_heaps{0};
}

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

using Link = arenite::OwnHeapLink<arenite::Native>;

/// Over the list. Addresses in it are plain numbers, as in all that is read from outside.
constinit arenite::LockWord list_lock{0};

arn_heap* at(std::uint64_t link) {
  return static_cast<arn_heap*>(reinterpret_cast<Link*>(link));
}
std::uint64_t address_of(Link* link) {
  return reinterpret_cast<std::uint64_t>(link);
}
arn_heap* first() {
  return at(arenite_own_heaps.load(std::memory_order_relaxed));
}
arn_heap* next(const arn_heap* heap) {
  return at(heap->next.load(std::memory_order_relaxed));
}

void enlist(arn_heap* heap) {
  LockGuard guard(list_lock);
  heap->next.store(address_of(first()), std::memory_order_relaxed);
  if (first() != nullptr) first()->previous = heap;
  // Release: whoever stops the process and follows the list sees the heap whole.
  arenite_own_heaps.store(address_of(heap), std::memory_order_release);
}

void delist(arn_heap* heap) {
  LockGuard guard(list_lock);
  (heap->previous != nullptr ? heap->previous->next : arenite_own_heaps)
      .store(address_of(next(heap)), std::memory_order_relaxed);
  if (next(heap) != nullptr) next(heap)->previous = heap->previous;
}

void before_fork() {
  lock(list_lock);
  for (arn_heap* heap = first(); heap != nullptr; heap = next(heap)) lock(heap->lock);
}

void after_fork_in_parent() {
  for (arn_heap* heap = first(); heap != nullptr; heap = next(heap)) unlock(heap->lock);
  unlock(list_lock);
}

void after_fork_in_child() {
  for (arn_heap* heap = first(); heap != nullptr; heap = next(heap)) reset(heap->lock);
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
  auto& root = heap->heap.root();
  root.build_id_bytes =
      static_cast<std::uint32_t>(arenite::own_build_id(root.build_id, sizeof root.build_id));
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

// As the heap's note (frontend/process/process_heap.cpp), with the version of layout/own_heaps.hpp
// and the distance to where the list begins.
asm(R"(
  .pushsection .note.arenite, "a", @note
  .balign 4
  .long 8, 16, 3
  .asciz "Arenite"
  .quad 1
0:
  .quad arenite_own_heaps - 0b
  .popsection
)");
static_assert(arenite::kOwnHeapsVersion == 1, "the note above repeats it");
