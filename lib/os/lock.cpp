// SPDX-License-Identifier: MIT
#include "os/lock.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace arenite::detail {
namespace {

/// Rounds of looking before sleeping; sections under these locks are some hundred instructions.
constexpr int kSpins = 64;

void futex(LockWord& word, int operation, std::uint32_t value) {
  // errno belongs to whoever called malloc or free.
  const int saved = errno;
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation | FUTEX_PRIVATE_FLAG,
            value, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace

void lock_slowly(LockWord& word) {
  for (int spin = 0; spin < kSpins; ++spin) {
    std::uint32_t expected = 0;
    if (word.load(std::memory_order_relaxed) == 0 &&
        word.compare_exchange_weak(expected, 1, std::memory_order_acquire,  // pairs with unlock
                                   std::memory_order_relaxed))
      return;
    __builtin_ia32_pause();
  }
  // Acquire: pairs with the release in `unlock`.
  while (word.exchange(2, std::memory_order_acquire) != 0) futex(word, FUTEX_WAIT, 2);
}

void wake_one(LockWord& word) {
  futex(word, FUTEX_WAKE, 1);
}

}  // namespace arenite::detail
