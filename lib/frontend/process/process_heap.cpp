// SPDX-License-Identifier: MIT
#include "frontend/process/process_heap.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

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

bool attached() {
  return current_thread != &zeros;
}

void end_thread(void* block) {
  current_thread = &zeros;
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
  now = Opened::failed;
  if (process_heap.open() && ::pthread_key_create(&thread_end_key, end_thread) == 0) {
    shared_block = process_heap.attach(0, ThreadState::diverted);
    if (shared_block != 0) now = Opened::yes;
  }
  // Release: pairs with the acquire in `is_open`.
  opened.store(now, std::memory_order_release);
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
  current_thread = reinterpret_cast<const void*>(block);
  ::pthread_setspecific(thread_end_key, reinterpret_cast<void*>(block));
  return true;
}

void before_fork() {
  lock(open_lock);
  lock(shared_lock);
  process_heap.lock_all();
}

void after_fork_in_parent() {
  process_heap.unlock_all();
  unlock(shared_lock);
  unlock(open_lock);
}

void after_fork_in_child() {
  reset(open_lock);
  reset(shared_lock);
  if (opened.load(std::memory_order_relaxed) != Opened::yes) return;
  process_heap.after_fork_in_child(attached() ? current_block() : 0);
  if (attached())
    thread_header(current_block()).system_thread.store(system_thread(), std::memory_order_relaxed);
}

/// Handlers registered first run last before a fork and first after it, so that other handlers may
/// allocate; hence the earliest priority a library may have.
[[gnu::constructor(101)]] void register_fork_handlers() {
  ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

}  // namespace

// The model again: g++ takes a definition without it for one that may be anywhere.
[[gnu::tls_model("initial-exec")]] constinit thread_local const void* current_thread = &zeros;

SlowThread::SlowThread() : block_(0) {
  if (attached()) {
    block_ = current_block();
  } else if (is_open()) {
    if (attach_thread()) {
      block_ = current_block();
    } else {
      lock(shared_lock);
      shared_ = true;
      block_ = shared_block;
    }
  }
}

SlowThread::~SlowThread() {
  if (shared_) unlock(shared_lock);
}

void* detail::process_allocate_slowly(std::size_t size) {
  if (void* block = ProcessHeap::try_allocate_small(current_block(), size)) return block;
  SlowThread thread;
  return thread.block() != 0 ? process_heap.allocate(thread.block(), size) : nullptr;
}

void detail::process_free_slowly(void* block) {
  if (block == nullptr) return;
  SlowThread thread;
  process_heap.free(thread.block(), block);
}

void* detail::process_allocate_zeroed_slowly(std::size_t size) {
  SlowThread thread;
  return thread.block() != 0 ? process_heap.allocate_zeroed(thread.block(), size) : nullptr;
}

void* process_allocate_aligned(std::size_t alignment, std::size_t size) {
  SlowThread thread;
  return thread.block() != 0 ? process_heap.allocate_aligned(thread.block(), alignment, size)
                             : nullptr;
}

void* detail::process_reallocate_slowly(void* block, std::size_t size) {
  SlowThread thread;
  return process_heap.reallocate(thread.block(), block, size);
}

std::size_t process_usable_size(const void* block) {
  return process_heap.usable_size(block);
}

bool process_trim() {
  SlowThread thread;
  return thread.block() != 0 && process_heap.trim(thread.block());
}

}  // namespace arenite

// Where a reader from outside finds the heap root, with no symbols: two 64-bit words, the layout
// version and the distance from the second word to the root.
asm(R"(
  .pushsection .note.arenite, "a", @note
  .balign 4
  .long 8, 16, 1
  .asciz "Arenite"
  .quad 1
0:
  .quad arenite_process_heap - 0b
  .popsection
)");
static_assert(arenite::kLayoutVersion == 1, "the note above repeats it");
