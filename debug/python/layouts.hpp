// SPDX-License-Identifier: MIT
// Where a running CPython keeps which function it is in: offsets of the few members that lead from
// a thread to its frames and from a frame to its code, by version. The structs are the
// interpreter's own, but fixed within a minor version, as its headers and extensions are (ADR 010
// says why this way). Never guessed: a version that is not here has no Python frames in reports.
#pragma once

#include <cstdint>

namespace arenite {

struct PythonLayout {
  int minor;
  /// From a thread's state to its frame, or to a word that leads there, see `frame_in`.
  std::uint16_t thread_frame;
  /// From what `thread_frame` leads to, to the frame; kDirect if it is the frame already.
  std::uint16_t frame_in;
  std::uint16_t frame_code;
  std::uint16_t frame_previous;
  std::uint16_t frame_instruction;
  std::uint16_t frame_owner;
  std::uint16_t code_first_line;
  std::uint16_t code_file;
  std::uint16_t code_name;
  std::uint16_t code_first_traceable;
  std::uint16_t code_instructions;
};

inline constexpr std::uint16_t kDirect = 0xffff;

/// Frames that a generator owns have begun, whatever their instruction; those of the C stack are
/// none of Python's.
inline constexpr std::uint8_t kOwnedByGenerator = 1, kOwnedByCStack = 3;

/// Of any object.
inline constexpr std::uint16_t kObjectType = 8;

inline constexpr PythonLayout kPythonLayouts[] = {
    {11, 56, 8, 32, 48, 56, 69, 72, 112, 128, 168, 184},
    {12, 56, 0, 0, 8, 56, 70, 68, 112, 128, 176, 192},
    {13, 72, kDirect, 0, 8, 56, 70, 68, 112, 128, 184, 200},
};

}  // namespace arenite
