// SPDX-License-Identifier: MIT
// The unwind tables of a module (.eh_frame_hdr and .eh_frame): from a program counter to its rule.
// Trusts nothing it reads: malformed tables, and what the rules cannot express, end in
// FrameEnd::unknown. No state, no allocation, any thread, signal handlers too.
#pragma once

#include "base/strong.hpp"
#include "debug/stacks/unwind_rule.hpp"

namespace arenite {

/// [begin, end), all of it readable.
struct ByteRange {
  Address begin = 0;
  Address end = 0;

  bool holds(Address at) const { return at >= begin && at < end; }
};

/// The rule of the code at `pc`, by the table whose .eh_frame_hdr begins at `header`. What is left
/// out between functions is `outermost`, as it is to all who unwind. Only `readable` is read, and
/// it has to hold both sections.
UnwindRule read_rule(Address header, ByteRange readable, Address pc);

}  // namespace arenite
