// SPDX-License-Identifier: MIT
#include "debug/modes/debug_thread.hpp"

#include <sys/mman.h>

#include <new>

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
  new (&table_[0]) DebugThread{};
  return true;
}

DebugThread* DebugThreads::attach() {
  if (ended) return nullptr;
  const LockGuard guard(table_lock_);
  if (free_ == 0 && used_ == kMostThreads) return nullptr;
  const std::uint32_t place = free_ != 0 ? free_ - 1 : used_++;
  if (free_ != 0) free_ = table_[place].next_free;
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
