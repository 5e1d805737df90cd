// SPDX-License-Identifier: MIT
// Runs a program and counts, exactly, the user instructions of every stretch between two breakpoint
// instructions (int3), by single steps. Address-space randomisation is off, the environment is bare
// and symbols are bound at the start, so that two runs execute the same instructions. A repeated
// string instruction counts once. Other threads of the program run freely while one is stepped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace arenite::bench {

struct Stepped {
  std::vector<std::uint64_t> regions;  // instructions of each stretch, in order
  int exit_status = -1;                // or -1 if a signal ended the program
  int signal = 0;
};

// `preload` may be empty. Throws std::system_error when the kernel refuses to trace.
Stepped step_through(const std::vector<std::string>& command, const std::string& preload);

}  // namespace arenite::bench
