// SPDX-License-Identifier: MIT
#include "debug/modes/debug_thread.hpp"

#include <sys/mman.h>

#include <new>

#include "base/bits.hpp"

namespace arenite {
namespace {

/// The thread's state went back; it gets no other, and keeps its number.
[[gnu::tls_model("initial-exec")]] constinit thread_local bool ended = false;
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadNumber last_number = 0;

}  // namespace

// The model again: g++ takes a definition without it for one that may be anywhere.
[[gnu::tls_model(
    "initial-exec")]] constinit thread_local DebugThread* detail::current_debug_thread = nullptr;

bool DebugThreads::open() {
  void* at = ::mmap(nullptr, kMostThreads * sizeof(DebugThread), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  table_ = at == MAP_FAILED ? nullptr : static_cast<DebugThread*>(at);
  if (table_ == nullptr) return false;
  // Core files hold what is used, not a gigabyte of nothing.
  ::madvise(at, kMostThreads * sizeof(DebugThread), MADV_DONTDUMP);
  keep_in_cores(0);
  new (&table_[0]) DebugThread{};
  return true;
}

/// Some ahead: each call may cost a mapping's split and merge.
void DebugThreads::keep_in_cores(std::uint32_t place) {
  constexpr std::uint32_t kAtOnce = 16;
  constexpr std::size_t kPageBytes = 4096;
  if (place % kAtOnce == 0)
    ::madvise(static_cast<void*>(table_),
              round_up((place + kAtOnce) * sizeof(DebugThread), kPageBytes), MADV_DODUMP);
}

void DebugThreads::describe(DebugRoot<Native>& root) const {
  root.threads = reinterpret_cast<std::uint64_t>(table_);
  root.thread_bytes = sizeof(DebugThread);
  root.batch_offset = offsetof(DebugThread, batch);
  root.most_threads = kMostThreads;
  root.threads_used = reinterpret_cast<std::uint64_t>(&used_);
}

DebugThread* DebugThreads::attach() {
  if (ended) return nullptr;
  const LockGuard guard(table_lock_);
  if (free_ == 0 && used_ == kMostThreads) return nullptr;
  const std::uint32_t place = free_ != 0 ? free_ - 1 : used_++;
  if (free_ != 0)
    free_ = table_[place].next_free;
  else
    keep_in_cores(place);
  DebugThread* thread = new (&table_[place]) DebugThread{};
  thread->place = place;
  thread->number = next_number_++;
  detail::current_debug_thread = thread;
  return thread;
}

DebugThread* DebugThreads::ending() {
  DebugThread* thread = detail::current_debug_thread;
  detail::current_debug_thread = nullptr;
  ended = true;
  if (thread != nullptr) last_number = thread->number;
  return thread;
}

void DebugThreads::give_back(DebugThread& thread) {
  const LockGuard guard(table_lock_);
  thread.next_free = free_;
  free_ = thread.place + 1;
}

void ActingThread::attach_or_share() {
  thread_ = threads_.attach();
  if (thread_ != nullptr) return;
  shared_ = true;
  lock(threads_.shared_lock_);
  thread_ = &threads_.table_[0];
  thread_->number = last_number;
}

void ActingThread::give_up_share() {
  unlock(threads_.shared_lock_);
}

ThreadNumber current_thread_number() {
  const DebugThread* current = detail::current_debug_thread;
  return current != nullptr ? current->number : last_number;
}

}  // namespace arenite
