// SPDX-License-Identifier: MIT
// Hands a finished report to `arenite symbolize`, a program of its own, which puts names to the
// frames and writes it. What may go wrong there goes wrong outside the failing process.
//
// The program gets the text as stdin (a file in memory, so that it outlives this process), the
// report's file as stdout, and two pipes. On descriptor 3 lies one byte, the right to write: the
// program takes it before it writes, this process takes it back when the program has died or is too
// slow; so exactly one of them writes. On descriptor 4 the program says when all is written.
//
// Never allocates, calls no fork handlers, raises no SIGCHLD in this process and leaves nothing for
// its wait() to find. Signal-safe. errno is not preserved.
#pragma once

#include <cstddef>
#include <string_view>

namespace arenite {

enum class HandedOver {
  written,      ///< the report is where it belongs
  not_written,  ///< the caller has to write it; the program cannot any more
  broken_off,   ///< the program ended while it wrote
};

/// Working memory of `hand_to_helper`; too large for a small stack.
struct HelperScratch {
  static constexpr std::size_t kStackBytes = 32 << 10;
  static constexpr std::size_t kMaxVariables = 4096;

  alignas(64) char starter_stack[kStackBytes];
  alignas(64) char helper_stack[kStackBytes];
  char* environment[kMaxVariables + 1];
};

/// The descriptors the program finds, and the word it is told so with.
inline constexpr int kHelperRight = 3;
inline constexpr int kHelperDone = 4;
inline constexpr const char* kHelperFlag = "--handed-over";

/// `limit_ms` bounds how long the program may take until it begins to write, and then again.
HandedOver hand_to_helper(const char* program, std::string_view text, int output, unsigned limit_ms,
                          HelperScratch& scratch);

/// Where `arenite` was installed or built with the file this code is in. Not signal-safe: for
/// start-up. False if there is none.
bool find_symbolizer(char* to, std::size_t capacity);

}  // namespace arenite
