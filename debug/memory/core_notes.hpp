// SPDX-License-Identifier: MIT
// What the notes of a core file say: threads with their registers, what ran, which files were
// mapped. The file is hostile: everything is held against its size, and walks are bounded by it.
#pragma once

#include <sys/user.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong.hpp"
#include "debug/memory/file_blocks.hpp"

namespace arenite {

struct CoreThread {
  std::uint64_t number = 0;
  user_regs_struct registers{};
};

/// A stretch of a file that was mapped.
struct CoreFileMapping {
  Address begin = 0;
  Address end = 0;
  std::uint64_t offset = 0;
  std::string path;
};

struct CoreNotes {
  std::uint64_t pid = 0;
  /// Its first 15 bytes.
  std::string command;
  /// What it ended with; 0 if with none, as in a core of a process that lives on.
  int signal = 0;
  /// The one that was hit by the signal comes first.
  std::vector<CoreThread> threads;
  /// Ascending and disjoint.
  std::vector<CoreFileMapping> files;
  /// Addresses in the main thread's stack and of the kernel's own module, as the auxiliary vector
  /// has them; 0 if it does not.
  Address in_stack = 0;
  Address vdso = 0;
  /// What of it makes no sense; "" if nothing.
  std::string damage;

  /// Takes in the notes at [at, at + bytes) of the file.
  void take(const FileBlocks& file, std::uint64_t at, std::uint64_t bytes);
};

}  // namespace arenite
