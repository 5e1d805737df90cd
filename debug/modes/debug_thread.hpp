// SPDX-License-Identifier: MIT
// What the debug layer keeps of a thread, and who acts: the thread with its own state, or, for
// threads that have ended already or for which there is no room, with one they share under a lock.
#pragma once

#include <cstdint>

#include "debug/guard/debug_root.hpp"
#include "debug/python/python_stacks.hpp"
#include "debug/report/block_facts.hpp"
#include "debug/stacks/recent_stacks.hpp"
#include "os/lock.hpp"

namespace arenite {

struct DebugThread {
  ThreadNumber number = 0;
  /// Place in the table; places are used again, numbers are not.
  std::uint32_t place = 0;
  std::uint32_t next_free = 0;
  /// Allocations until the next sample; see modes/sample.cpp.
  std::int64_t until_sample = 0;
  std::uint64_t random = 0;
  QuarantineBatch batch;
  RecentStacks stacks{};
  PythonStacks python_stacks{};
};

namespace detail {
/// The calling thread's state; null before its first operation and after its last.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local DebugThread* current_debug_thread;
}  // namespace detail

class DebugThreads {
 public:
  constexpr DebugThreads() = default;

  /// False if the table cannot be had.
  bool open();
  /// On a thread that ends; `last(thread)` takes what it still holds.
  template <class Last>
  void end_thread(Last last) {
    if (DebugThread* thread = ending()) {
      last(*thread);
      give_back(*thread);
    }
  }
  /// Calls `visit` for the state of each thread, and the shared one, while all are at rest.
  template <class Visit>
  void each(Visit visit) {
    for (std::uint32_t i = 0; i < used_; ++i) visit(table_[i]);
  }

  Extent table() const {
    const Address begin = reinterpret_cast<Address>(table_);
    return {begin, table_ == nullptr ? begin : begin + kMostThreads * sizeof(DebugThread)};
  }

  /// Where a reader from outside finds them.
  void describe(DebugRoot<Native>& root) const;

  void lock_all() {
    lock(table_lock_);
    lock(shared_lock_);
  }
  void unlock_all() {
    unlock(shared_lock_);
    unlock(table_lock_);
  }
  /// In the child only the thread that forked is left.
  void reset_after_fork() {
    reset(shared_lock_);
    reset(table_lock_);
  }

 private:
  friend class ActingThread;
  static constexpr std::uint32_t kMostThreads = 1 << 16;

  DebugThread* attach();
  void keep_in_cores(std::uint32_t place);
  DebugThread* ending();
  void give_back(DebugThread& thread);

  /// The first is the one that threads share.
  DebugThread* table_ = nullptr;
  std::uint32_t used_ = 1;
  /// Places to be used again, a list through `next_free`; one more than the place, 0 for none.
  std::uint32_t free_ = 0;
  ThreadNumber next_number_ = 0;
  LockWord table_lock_{0};
  LockWord shared_lock_{0};
};

/// The calling thread, for the length of an operation.
class ActingThread {
 public:
  explicit ActingThread(DebugThreads& threads)
      : threads_(threads), thread_(detail::current_debug_thread) {
    if (thread_ == nullptr) [[unlikely]]
      attach_or_share();
  }
  ~ActingThread() {
    if (shared_) [[unlikely]]
      give_up_share();
  }
  ActingThread(const ActingThread&) = delete;
  ActingThread& operator=(const ActingThread&) = delete;
  DebugThread* operator->() const { return thread_; }
  DebugThread& operator*() const { return *thread_; }

 private:
  void attach_or_share();
  void give_up_share();

  DebugThreads& threads_;
  DebugThread* thread_;
  bool shared_ = false;
};

/// The calling thread's number, if it has one yet; signal-safe.
ThreadNumber current_thread_number();

}  // namespace arenite
