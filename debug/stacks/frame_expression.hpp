// SPDX-License-Identifier: MIT
// Evaluates the DWARF expressions that x86-64 unwind tables really hold, with rsp, rbp and the CFA
// as unknowns: PLT entries (which depend on the program counter alone), realigned stacks, signal
// frames.
#pragma once

#include <cstdint>

#include "debug/stacks/byte_reader.hpp"

namespace arenite {

/// `base` + offset; if `loaded`, the word there.
struct FrameTerm {
  enum class Base : std::uint8_t { none, rsp, rbp, cfa };
  Base base = Base::none;
  bool loaded = false;
  std::uint64_t offset = 0;
};

/// False if the expression is malformed or has more in it than a FrameTerm can say. `initial` lies
/// on the expression's stack at its beginning unless null.
bool evaluate(ByteReader expression, Address pc, const FrameTerm* initial, FrameTerm& result);

}  // namespace arenite
