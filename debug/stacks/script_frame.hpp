// SPDX-License-Identifier: MIT
// Frames of a program that an interpreter runs, kept in a stack behind the frames of the machine:
// words with the highest bit set, which no address of a process has. What the other bits mean only
// the interpreter's side knows.
#pragma once

#include "base/strong.hpp"

namespace arenite {

inline constexpr Address kScriptMark = Address{1} << 63;

inline bool is_script_frame(Address word) {
  return (word & kScriptMark) != 0;
}

}  // namespace arenite
