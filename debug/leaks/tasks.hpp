// SPDX-License-Identifier: MIT
// The threads of this process, by /proc/self/task. Plain system calls: no allocation, errno kept,
// safe in signal handlers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite {

inline constexpr std::size_t kTaskBufferBytes = 32768;

/// Calls `visit` with the id of each thread. False if the system does not tell; `visit` may have
/// been called already. Threads that come or go meanwhile may be missed.
bool each_task(char* buffer, void (*visit)(void* visitor, int task), void* visitor);

enum class TaskState : std::uint8_t {
  takes_signal,
  blocks_signal,  ///< for now, or as long as it lives
  gone,           ///< ended, or ending; or the kernel's own, for io_uring
};

/// How the thread stands to the signal; one whose state the system does not tell takes it.
TaskState task_state(int task, int signal, char* buffer);

/// Reads the text of a /proc/.../status file; for `task_state`, and its test.
TaskState parse_task_state(const char* text, std::size_t bytes, int signal);

}  // namespace arenite
