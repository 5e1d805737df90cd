// SPDX-License-Identifier: MIT
#include "debug/modes/debug_thread.hpp"

#include <sys/mman.h>

#include <new>

namespace arenite {
namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local DebugThread* current = nullptr;
/// The thread's state went back; it gets no other.
[[gnu::tls_model("initial-exec")]] constinit thread_local bool ended = false;

}  // namespace

bool DebugThreads::open() {
  void* at = ::mmap(nullptr, kMostThreads * sizeof(DebugThread), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  table_ = at == MAP_FAILED ? nullptr : static_cast<DebugThread*>(at);
  return table_ != nullptr;
}

DebugThread* DebugThreads::own() {
  if (current != nullptr) [[likely]]
    return current;
  return ended ? nullptr : attach();
}

DebugThread* DebugThreads::attach() {
  const LockGuard guard(table_lock_);
  if (free_ == 0 && used_ == kMostThreads) return nullptr;
  const std::uint32_t place = free_ != 0 ? free_ - 1 : used_++;
  if (free_ != 0) free_ = table_[place].next_free;
  DebugThread* thread = new (&table_[place]) DebugThread{};
  thread->place = place;
  thread->number = next_number_++;
  current = thread;
  return thread;
}

DebugThread* DebugThreads::ending() {
  DebugThread* thread = current;
  current = nullptr;
  ended = true;
  return thread;
}

void DebugThreads::give_back(DebugThread& thread) {
  const LockGuard guard(table_lock_);
  thread.next_free = free_;
  free_ = thread.place + 1;
}

ActingThread::ActingThread(DebugThreads& threads)
    : threads_(threads), thread_(threads.own()), shared_(thread_ == nullptr) {
  if (!shared_) return;
  lock(threads_.shared_lock_);
  thread_ = &threads_.shared_;
}

ActingThread::~ActingThread() {
  if (shared_) unlock(threads_.shared_lock_);
}

ThreadNumber current_thread_number() {
  return current != nullptr ? current->number : 0;
}

}  // namespace arenite
