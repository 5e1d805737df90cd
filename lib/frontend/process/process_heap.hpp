// SPDX-License-Identifier: MIT
// The process heap: the one behind malloc, and what each thread has of it. Opens itself at the
// first request, so it works before constructors and after destructors.
//
// A thread's `current_thread` is the block of zeros until its first slow operation: every array in
// it has room for nothing and it keeps no span, so that the fast paths fail, writing nothing, and
// the slow ones attach a real block. When the thread ends, the block goes back and `current_thread`
// is the block of zeros again; whatever the thread still asks for (destructors of other
// thread-local things) is served through one diverted thread block that all such threads share
// under a lock. So are threads for which no block could be had.
//
// Where an interceptor diverts, `current_thread` stays the block of zeros and only the slow paths
// know the thread's own block.
#pragma once

#include <atomic>

#include "geometry/production.hpp"
#include "heap/heap.hpp"
#include "interface/interceptor.hpp"
#include "os/linux_pages.hpp"

namespace arenite {

using ProcessHeap = Heap<HeapConfig<Production, LinuxPages>>;

[[gnu::visibility("hidden")]] extern constinit ProcessHeap process_heap asm("arenite_process_heap");

/// Points to a thread block; in the beginning to the block of zeros.
[[gnu::visibility("hidden"), gnu::tls_model("initial-exec")]]
extern constinit thread_local const void* current_thread;

/// The thread's own block, which is what `current_thread` shows the fast paths, unless the thread
/// is diverted; 0 if it has none.
[[gnu::visibility("hidden"), gnu::tls_model("initial-exec")]]
extern constinit thread_local ThreadBlock own_block;

inline ThreadBlock current_block() {
  return reinterpret_cast<ThreadBlock>(current_thread);
}

/// The slow paths as they are now. Before the heap is open, those that open it.
/// Acquire: pairs with the release in `open_once`.
[[gnu::visibility("hidden")]] extern constinit std::atomic<const Interceptor*> slow_paths_now;

inline const Interceptor& slow_paths() {
  return *slow_paths_now.load(std::memory_order_acquire);
}

/// What the heap itself does, for interceptors to build on.
[[gnu::visibility("hidden")]] extern constinit const Interceptor plain_slow_paths;

/// The slow paths the process is to have; asked once, when the heap is about to be opened, with no
/// thread but the caller in the heap. Defined by whoever composes the library; `plain_slow_paths`
/// is the null object.
[[gnu::visibility("hidden")]] const Interceptor& choose_slow_paths();

/// The thread block a slow operation works with. Holds the lock over the shared one while it lives,
/// if that is the one. `block()` is 0 only if no heap could be opened.
class SlowThread {
 public:
  SlowThread() : block_(own_block) {
    if (block_ == 0) [[unlikely]]
      attach_or_share();
  }
  ~SlowThread() {
    if (shared_) [[unlikely]]
      give_up_share();
  }
  SlowThread(const SlowThread&) = delete;
  SlowThread& operator=(const SlowThread&) = delete;
  ThreadBlock block() const { return block_; }

 private:
  void attach_or_share();
  static void give_up_share();

  ThreadBlock block_;
  bool shared_ = false;
};

// The heap's operations for the calling thread, in two parts: one that is a few instructions long
// and may decline, and the slow path, which does all the work. Null means that memory could not be
// had; errno is then ENOMEM.

inline void* process_try_allocate(std::size_t size) {
  return ProcessHeap::try_allocate(current_block(), size);
}

inline void* process_allocate(std::size_t size, Family family = Family::malloc) {
  if (void* block = process_try_allocate(size)) [[likely]]
    return block;
  return slow_paths().allocate(size, family);
}

// Few bytes are zeroed faster by stores than by a call of memset: up to the alignment behind them,
// which is still in the block.
using ZeroUnit [[gnu::vector_size(16), gnu::may_alias]] = long long;
inline constexpr std::size_t kUnitsAtOnce = 4 * sizeof(ZeroUnit);

/// Requires: 1 to kUnitsAtOnce bytes.
inline void clear_at_once(void* block, std::size_t size) {
  const auto clear = [block](std::size_t at) {
    *reinterpret_cast<ZeroUnit*>(static_cast<char*>(block) + at) = ZeroUnit{};
  };
  // One to four units, whichever: in the middle some are cleared twice.
  const std::size_t last = round_down(size - 1, sizeof(ZeroUnit));
  const std::size_t middle = round_down(last / 2, sizeof(ZeroUnit));
  clear(0), clear(middle), clear(last - middle), clear(last);
}

inline void clear_one_by_one(void* block, std::size_t size) {
  auto* unit = static_cast<ZeroUnit*>(block);
  for (auto* end = unit + divide_up(size, sizeof(ZeroUnit)); unit != end; ++unit) {
    *unit = ZeroUnit{};
    // Without this the loop is made a call of memset again.
    asm("" : "+r"(unit));
  }
}

/// Declines what is large.
inline void* process_try_allocate_zeroed(std::size_t size) {
  constexpr std::size_t kFewBytes = 256;
  if (size - 1 < kUnitsAtOnce) [[likely]] {
    void* block = process_try_allocate(size);
    if (block != nullptr) [[likely]]
      clear_at_once(block, size);
    return block;
  }
  if (size > kFewBytes) return nullptr;
  void* block = process_try_allocate(size);
  if (block != nullptr) [[likely]]
    clear_one_by_one(block, size);
  return block;
}

inline void* process_allocate_zeroed(std::size_t size, Family family = Family::malloc) {
  if (void* block = process_try_allocate_zeroed(size)) [[likely]]
    return block;
  return slow_paths().allocate_zeroed(size, family);
}

/// True if the block need not move. Requires: block is not null.
inline bool process_fits_in_place(void* block, std::size_t size) {
  return process_heap.fits_in_place(current_block(), reinterpret_cast<Address>(block), size);
}

inline void* process_reallocate(void* block, std::size_t size, Family family = Family::malloc) {
  return process_fits_in_place(block, size) ? block : slow_paths().reallocate(block, size, family);
}

inline bool process_try_free(void* block) {
  return process_heap.try_free(current_block(), reinterpret_cast<Address>(block));
}

inline void process_free(void* block, Family family = Family::malloc) {
  if (process_try_free(block)) [[likely]]
    return;
  slow_paths().free(block, family);
}

/// Of a size beyond those that have an entry each in the table of arrays.
[[gnu::noinline]] inline void process_free_large_sized(void* block, std::size_t size,
                                                       Family family) {
  if (process_try_free(block)) [[likely]]
    return;
  slow_paths().free_sized(block, size, family);
}

inline void process_free_sized(void* block, std::size_t size, Family family) {
  if (size > ProcessHeap::Classes::kFineLimit) return process_free_large_sized(block, size, family);
  const Address at = reinterpret_cast<Address>(block);
  if (process_heap.try_free_sized(current_block(), at, size)) [[likely]]
    return;
  slow_paths().free_sized(block, size, family);
}

inline void process_free_aligned(void* block, std::size_t alignment, Family family) {
  if (process_try_free(block)) [[likely]]
    return;
  slow_paths().free_aligned(block, alignment, family);
}

inline void process_free_sized_aligned(void* block, std::size_t size, std::size_t alignment,
                                       Family family) {
  if (process_try_free(block)) [[likely]]
    return;
  slow_paths().free_sized_aligned(block, size, alignment, family);
}

inline void* process_allocate_aligned(std::size_t alignment, std::size_t size, Family family) {
  return slow_paths().allocate_aligned(size, alignment, family);
}

inline std::size_t process_usable_size(const void* block) {
  return slow_paths().usable_size(block);
}

/// Opens the heap if it is not open; false if none can be had.
bool process_open();
bool process_trim();

}  // namespace arenite
