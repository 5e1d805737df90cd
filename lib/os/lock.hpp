// SPDX-License-Identifier: MIT
// A lock in one 32-bit word, which lies where the layout says: 0 free, 1 held, 2 held with waiters
// (Drepper, Futexes Are Tricky, 2011). Not recursive. Never allocates. A forked child may `reset` a
// lock that was held by a thread it does not have.
#pragma once

#include <atomic>
#include <cstdint>

namespace arenite {

using LockWord = std::atomic<std::uint32_t>;

namespace detail {
void lock_slowly(LockWord& word);
void wake_one(LockWord& word);
}  // namespace detail

inline void lock(LockWord& word) {
  std::uint32_t expected = 0;
  // Acquire: pairs with the release in `unlock`.
  if (!word.compare_exchange_strong(expected, 1, std::memory_order_acquire,
                                    std::memory_order_relaxed)) [[unlikely]]
    detail::lock_slowly(word);
}

inline void unlock(LockWord& word) {
  // Release: pairs with the acquire in `lock` and `lock_slowly`.
  if (word.exchange(0, std::memory_order_release) == 2) [[unlikely]]
    detail::wake_one(word);
}

inline void reset(LockWord& word) {
  word.store(0, std::memory_order_relaxed);
}

class LockGuard {
 public:
  explicit LockGuard(LockWord& word) : word_(word) { lock(word_); }
  ~LockGuard() { unlock(word_); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  LockWord& word_;
};

}  // namespace arenite
