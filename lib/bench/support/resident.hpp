// SPDX-License-Identifier: MIT
// Resident memory of this process, exact (the kernel walks the page tables), read without
// allocating.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "bench/support/check.hpp"

namespace arenite::bench {

// Private pages only: what this process alone pays for, without the text of shared libraries.
inline std::size_t private_bytes() {
  const int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
  check(file >= 0, "/proc/self/smaps_rollup cannot be opened");
  char text[4096];
  std::size_t length = 0;
  for (;;) {
    const ssize_t got = read(file, text + length, sizeof text - 1 - length);
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  close(file);
  text[length] = '\0';
  std::size_t kib = 0;
  for (const char* field : {"Private_Clean:", "Private_Dirty:"}) {
    const char* at = std::strstr(text, field);
    check(at != nullptr, "smaps_rollup lacks a field");
    kib += std::strtoull(at + std::strlen(field), nullptr, 10);
  }
  return kib * 1024;
}

}  // namespace arenite::bench
