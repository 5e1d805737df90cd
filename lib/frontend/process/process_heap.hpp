// SPDX-License-Identifier: MIT
// The process heap: the one behind malloc, and what each thread has of it. Opens itself at the first
// request, so it works before constructors and after destructors.
//
// A thread's `current_thread` is the block of zeros until its first slow operation: every array in
// it has room for nothing, so that the fast paths fail and the slow ones attach a real block. When
// the thread ends, the block goes back and `current_thread` is the block of zeros again; whatever
// the thread still asks for (destructors of other thread-local things) is served through one
// diverted thread block that all such threads share under a lock. So are threads for which no block
// could be had.
#pragma once

#include "geometry/production.hpp"
#include "heap/heap.hpp"
#include "os/linux_pages.hpp"

namespace arenite {

using ProcessHeap = Heap<HeapConfig<Production, LinuxPages>>;

[[gnu::visibility("hidden")]] extern constinit ProcessHeap process_heap asm("arenite_process_heap");

/// Points to a thread block; in the beginning to the block of zeros.
[[gnu::visibility("hidden"), gnu::tls_model("initial-exec")]]
extern constinit thread_local const void* current_thread;

inline ThreadBlock current_block() { return reinterpret_cast<ThreadBlock>(current_thread); }

/// The thread block a slow operation works with. Holds the lock over the shared one while it lives,
/// if that is the one. `block()` is 0 only if no heap could be opened.
class SlowThread {
 public:
  SlowThread();
  ~SlowThread();
  SlowThread(const SlowThread&) = delete;
  SlowThread& operator=(const SlowThread&) = delete;
  ThreadBlock block() const { return block_; }

 private:
  ThreadBlock block_;
  bool shared_ = false;
};

/// The heap's operations for the calling thread, each with its fast path in front. Null means that
/// memory could not be had; errno is the callers' business.
inline void* process_allocate(std::size_t size);
void* process_allocate_zeroed(std::size_t size);
void* process_allocate_aligned(std::size_t alignment, std::size_t size);
void* process_reallocate(void* block, std::size_t size);
inline void process_free(void* block);
std::size_t process_usable_size(const void* block);
bool process_trim();

namespace detail {
[[gnu::visibility("hidden")]] void* process_allocate_slowly(std::size_t size);
[[gnu::visibility("hidden")]] void process_free_slowly(void* block);
}  // namespace detail

inline void* process_allocate(std::size_t size) {
  if (void* block = ProcessHeap::try_allocate(current_block(), size)) [[likely]]
    return block;
  return detail::process_allocate_slowly(size);
}

inline void process_free(void* block) {
  if (process_heap.try_free(current_block(), reinterpret_cast<Address>(block))) [[likely]]
    return;
  detail::process_free_slowly(block);
}

}  // namespace arenite
