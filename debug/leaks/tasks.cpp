// SPDX-License-Identifier: MIT
#include "debug/leaks/tasks.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/text.hpp"
#include "debug/leaks/raw_syscall.hpp"

namespace arenite {
namespace {

/// The number a directory entry is named by; 0 for "." and "..".
int task_number(const char* name) {
  int number = 0;
  for (; *name >= '0' && *name <= '9'; ++name) number = number * 10 + (*name - '0');
  return number;
}

/// What stands behind "NAME:" and white space, to the end of the text.
std::string_view field(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  while (text.starts_with('\t') || text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

std::uint64_t hex_number(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9')
      number = number * 16 + static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      number = number * 16 + static_cast<unsigned>(c - 'a') + 10;
    else
      break;
  }
  return number;
}

}  // namespace

bool each_task(char* buffer, void (*visit)(void* visitor, int task), void* visitor) {
  const long file = raw_syscall(SYS_open, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  long got;
  while ((got = raw_syscall(SYS_getdents64, file, buffer, kTaskBufferBytes)) > 0)
    for (long at = 0; at < got;) {
      // d_ino, d_off, d_reclen, d_type, d_name, as getdents64(2) lays them out.
      std::uint16_t length;
      std::memcpy(&length, buffer + at + offsetof(dirent64, d_reclen), sizeof length);
      const int task = task_number(buffer + at + offsetof(dirent64, d_name));
      if (task != 0) visit(visitor, task);
      at += length;
    }
  raw_syscall(SYS_close, file);
  return got == 0;
}

TaskState parse_task_state(const char* text, std::size_t bytes, int signal) {
  const std::string_view status(text, bytes);
  const std::string_view state = field(status, "\nState:");
  if (!state.empty() && (state[0] == 'Z' || state[0] == 'X')) return TaskState::gone;
  const std::uint64_t blocked = hex_number(field(status, "\nSigBlk:"));
  if ((blocked >> (signal - 1) & 1) == 0) return TaskState::takes_signal;
  // They are listed among the process's threads, take no signals, and never run its code.
  return field(status, "Name:").starts_with("iou-") ? TaskState::gone : TaskState::blocks_signal;
}

TaskState task_state(int task, int signal, char* buffer) {
  Text<64> path;
  path << "/proc/self/task/" << static_cast<unsigned>(task) << "/status";
  const long file = raw_syscall(SYS_open, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file == -ENOENT || file == -ESRCH) return TaskState::gone;
  if (file < 0) return TaskState::takes_signal;
  const long got = raw_syscall(SYS_read, file, buffer, kTaskBufferBytes);
  raw_syscall(SYS_close, file);
  if (got <= 0) return TaskState::gone;
  return parse_task_state(buffer, static_cast<std::size_t>(got), signal);
}

}  // namespace arenite
