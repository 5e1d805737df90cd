// SPDX-License-Identifier: MIT
// Runs a program of which the kernel refuses one request for memory, by its number: ENOMEM, as from
// a machine that has no more. Works on any program, statically linked or not, through seccomp's
// notifications: each request stops until this process has decided. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace arenite {

struct Refused {
  /// Requests of the program, after its mark: madvise(0, 0, kMark), which is refused anyway.
  std::uint64_t requests = 0;
  /// The number of the system call that was refused; -1 if the program needed fewer.
  int call = -1;
  int exit_code = -1;
  int signal = 0;
  bool timed_out = false;
  std::string errors;  ///< what it wrote to stderr
};

/// A made-up advice.
inline constexpr int kMark = 0x4152;

/// False if this kernel, or the container, lets nobody decide on system calls.
bool kernel_refusals_work();

/// Refuses request number `n` (counted from 1, 0: none) of mmap, munmap, mprotect, madvise, mremap.
/// `call` restricts it to one of these, by the number of the system call; -1: whichever.
Refused run_refused(const std::vector<std::string>& command,
                    const std::vector<std::string>& environment, std::uint64_t n, int call = -1);

}  // namespace arenite
