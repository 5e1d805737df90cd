// SPDX-License-Identifier: MIT
// Where heaps are looked at: one of a process, a core file, a snapshot file.
#pragma once

#include <sys/types.h>

#include <string>

namespace arenite {

struct Source {
  pid_t pid = 0;         ///< if it is not 0
  std::string core;      ///< otherwise, if it is not ""
  std::string snapshot;  ///< otherwise
};

}  // namespace arenite
