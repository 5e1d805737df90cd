// SPDX-License-Identifier: MIT
#include "frontend/process/process_heap.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "os/build_id.hpp"

namespace arenite {

constinit ProcessHeap process_heap{LinuxPages{}};

namespace {

struct alignas(kLineBytes) Zeros {
  std::byte bytes[ThreadLayout<Production>::kBytes];
};
constinit const Zeros zeros{};

enum class Opened : std::uint32_t { not_yet, yes, failed };

constinit LockWord open_lock{0};
constinit std::atomic<Opened> opened{Opened::not_yet};
constinit LockWord shared_lock{0};
constinit ThreadBlock shared_block = 0;
pthread_key_t thread_end_key;
/// The thread's block went back; it gets no other.
[[gnu::tls_model("initial-exec")]] constinit thread_local bool ended = false;

std::uint64_t system_thread() {
  return static_cast<std::uint64_t>(::syscall(SYS_gettid));
}

void end_thread(void* block) {
  slow_paths().thread_ends();
  current_thread = &zeros;
  own_block = 0;
  ended = true;
  process_heap.detach(reinterpret_cast<ThreadBlock>(block));
}

Opened open_once() {
  LockGuard guard(open_lock);
  Opened now = opened.load(std::memory_order_relaxed);
  if (now != Opened::not_yet) return now;
  HeapRoot<Native>& root = process_heap.root();
  root.build_id_bytes =
      static_cast<std::uint32_t>(own_build_id(root.build_id, sizeof root.build_id));
  const Interceptor* chosen = &choose_slow_paths();
  const std::size_t range =
      chosen->range_bytes != 0 ? chosen->range_bytes : Production::kRangeBytes;
  now = Opened::failed;
  if (process_heap.open(range) && ::pthread_key_create(&thread_end_key, end_thread) == 0) {
    shared_block = process_heap.attach(0, ThreadState::diverted);
    if (shared_block != 0) now = Opened::yes;
  }
  if (now != Opened::yes || !chosen->heap_opened()) chosen = &plain_slow_paths;
  // Release: pairs with the acquires in `is_open` and `slow_paths`.
  opened.store(now, std::memory_order_release);
  slow_paths_now.store(chosen, std::memory_order_release);
  return now;
}

bool is_open() {
  const Opened now = opened.load(std::memory_order_acquire);
  return (now == Opened::not_yet ? open_once() : now) == Opened::yes;
}

/// Gives the thread a block of its own; false if it may have none.
bool attach_thread() {
  if (ended) return false;
  const ThreadBlock block = process_heap.attach(system_thread());
  if (block == 0) return false;
  // Before pthread_setspecific, which may allocate.
  own_block = block;
  if (!slow_paths().diverts) current_thread = reinterpret_cast<const void*>(block);
  ::pthread_setspecific(thread_end_key, reinterpret_cast<void*>(block));
  return true;
}

void before_fork() {
  slow_paths().before_fork();
  lock(open_lock);
  lock(shared_lock);
  process_heap.lock_all();
}

void after_fork_in_parent() {
  process_heap.unlock_all();
  unlock(shared_lock);
  unlock(open_lock);
  slow_paths().after_fork(false);
}

void after_fork_in_child() {
  reset(open_lock);
  reset(shared_lock);
  // Of a heap that is not open its locks were held all the same.
  process_heap.after_fork_in_child(own_block);
  if (own_block != 0)
    thread_header(own_block).system_thread.store(system_thread(), std::memory_order_relaxed);
  slow_paths().after_fork(true);
}

/// Handlers registered first run last before a fork and first after it, so that other handlers may
/// allocate; hence the earliest priority a library may have.
[[gnu::constructor(101)]] void register_fork_handlers() {
  ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

}  // namespace

// The model again: g++ takes a definition without it for one that may be anywhere.
[[gnu::tls_model("initial-exec")]] constinit thread_local const void* current_thread = &zeros;
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadBlock own_block = 0;

void SlowThread::attach_or_share() {
  if (!is_open()) return;
  if (attach_thread()) {
    block_ = own_block;
  } else {
    lock(shared_lock);
    shared_ = true;
    block_ = shared_block;
  }
}

void SlowThread::give_up_share() {
  unlock(shared_lock);
}

bool process_open() {
  return is_open();
}

bool process_trim() {
  SlowThread thread;
  return thread.block() != 0 && process_heap.trim(thread.block());
}

// ---- the slow paths of production ----

namespace {

[[gnu::cold, gnu::noinline]] void* no_memory() {
  errno = ENOMEM;
  return nullptr;
}

void* or_no_memory(void* block) {
  return block != nullptr ? block : no_memory();
}

[[gnu::noinline]] void* plain_refill(std::size_t size) {
  SlowThread thread;
  return or_no_memory(thread.block() != 0 ? process_heap.allocate(thread.block(), size) : nullptr);
}

/// Sizes the fast path does not look up are often in the array all the same.
void* plain_allocate(std::size_t size, Family) {
  if (void* block = ProcessHeap::try_allocate_small(current_block(), size)) return block;
  if (void* block = process_heap.try_allocate_span(current_block(), size)) return block;
  return plain_refill(size);
}

void* plain_allocate_zeroed(std::size_t size, Family) {
  SlowThread thread;
  return or_no_memory(thread.block() != 0 ? process_heap.allocate_zeroed(thread.block(), size)
                                          : nullptr);
}

void* plain_allocate_aligned(std::size_t size, std::size_t alignment, Family) {
  SlowThread thread;
  return or_no_memory(thread.block() != 0
                          ? process_heap.allocate_aligned(thread.block(), alignment, size)
                          : nullptr);
}

void* plain_reallocate(void* block, std::size_t size, Family) {
  SlowThread thread;
  return or_no_memory(process_heap.reallocate(thread.block(), block, size));
}

void plain_free(void* block, Family) {
  if (own_block != 0) [[likely]]
    return process_heap.free_declined(own_block, block);
  if (block == nullptr) return;
  SlowThread thread;
  process_heap.free(thread.block(), block);
}
void plain_free_sized(void* block, std::size_t, Family family) {
  plain_free(block, family);
}
void plain_free_aligned(void* block, std::size_t, Family family) {
  plain_free(block, family);
}
void plain_free_sized_aligned(void* block, std::size_t, std::size_t, Family family) {
  plain_free(block, family);
}

std::size_t plain_usable_size(const void* block) {
  return process_heap.usable_size(block);
}

// ---- the slow paths before there is a heap: each opens it and asks again ----

const Interceptor& opened_slow_paths() {
  is_open();
  return slow_paths();
}

constexpr Interceptor kOpeningSlowPaths = {
    .allocate = [](std::size_t size,
                   Family family) { return opened_slow_paths().allocate(size, family); },
    .allocate_zeroed =
        [](std::size_t size, Family family) {
          return opened_slow_paths().allocate_zeroed(size, family);
        },
    .allocate_aligned =
        [](std::size_t size, std::size_t alignment, Family family) {
          return opened_slow_paths().allocate_aligned(size, alignment, family);
        },
    .reallocate = [](void* block, std::size_t size,
                     Family family) { return opened_slow_paths().reallocate(block, size, family); },
    .free = [](void* block, Family family) { opened_slow_paths().free(block, family); },
    .free_sized = [](void* block, std::size_t size,
                     Family family) { opened_slow_paths().free_sized(block, size, family); },
    .free_aligned =
        [](void* block, std::size_t alignment, Family family) {
          opened_slow_paths().free_aligned(block, alignment, family);
        },
    .free_sized_aligned =
        [](void* block, std::size_t size, std::size_t alignment, Family family) {
          opened_slow_paths().free_sized_aligned(block, size, alignment, family);
        },
    .usable_size = [](const void* block) { return opened_slow_paths().usable_size(block); },
    .owns = [](const void*) { return false; },
    .thread_ends = [] {},
    .before_fork = [] {},
    .after_fork = [](bool) {},
    .heap_opened = [] { return true; },
    .diverts = false,
    .range_bytes = 0,
};

}  // namespace

constinit const Interceptor plain_slow_paths = {
    .allocate = plain_allocate,
    .allocate_zeroed = plain_allocate_zeroed,
    .allocate_aligned = plain_allocate_aligned,
    .reallocate = plain_reallocate,
    .free = plain_free,
    .free_sized = plain_free_sized,
    .free_aligned = plain_free_aligned,
    .free_sized_aligned = plain_free_sized_aligned,
    .usable_size = plain_usable_size,
    .owns = [](const void* address) { return process_heap.owns(address); },
    .thread_ends = [] {},
    .before_fork = [] {},
    .after_fork = [](bool) {},
    .heap_opened = [] { return true; },
    .diverts = false,
    .range_bytes = 0,
};

constinit std::atomic<const Interceptor*> slow_paths_now{&kOpeningSlowPaths};

}  // namespace arenite

// Where a reader from outside finds the heap root, with no symbols: two 64-bit words, the layout
// version and the distance from the second word to the root.
asm(R"(
  .pushsection .note.arenite, "a", @note
  .balign 4
  .long 8, 16, 1
  .asciz "Arenite"
  .quad 5
0:
  .quad arenite_process_heap - 0b
  .popsection
)");
static_assert(arenite::kLayoutVersion == 5, "the note above repeats it");
