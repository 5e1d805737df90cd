// SPDX-License-Identifier: MIT
// The path of the running program, read once. Safe in signal handlers; never allocates; errno is
// kept.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace arenite {

class ExecutablePath {
 public:
  constexpr ExecutablePath() = default;

  /// Terminated; empty if the system does not tell. Whoever comes while another reads it does
  /// without: it may be a signal handler on that thread.
  const char* get() {
    // Acquire: pairs with the release below.
    State state = state_.load(std::memory_order_acquire);
    if (state == State::unread &&
        state_.compare_exchange_strong(state, State::being_read, std::memory_order_relaxed,
                                       std::memory_order_acquire)) {
      read();
      state_.store(state = State::read, std::memory_order_release);
    }
    return state == State::read ? text_ : "";
  }

 private:
  enum class State : std::uint8_t { unread, being_read, read };
  static constexpr std::size_t kBytes = 4096;

  void read() {
    const int saved = errno;
    const ssize_t length = ::readlink("/proc/self/exe", text_, kBytes - 1);
    text_[length < 0 ? 0 : length] = '\0';
    errno = saved;
  }

  std::atomic<State> state_{State::unread};
  char text_[kBytes]{};
};

}  // namespace arenite
