// SPDX-License-Identifier: MIT
// Carries out the call frame instructions (DWARF 5, 6.4) of one function up to a program counter,
// for the three registers that matter: the CFA, rbp, the return address.
#pragma once

#include <cstdint>

#include "debug/stacks/byte_reader.hpp"
#include "debug/stacks/unwind_rule.hpp"

namespace arenite {

/// What a function's entry and the entry common to many functions (CIE) say before the
/// instructions.
struct FrameProgram {
  Address begin = 0;  ///< of the function
  std::uint64_t code_alignment = 1;
  std::int64_t data_alignment = 1;
  std::uint64_t return_register = 0;
  std::uint8_t encoding = PointerEncoding::kAbsolute;
  bool signal_frame = false;
  ByteReader common;    ///< instructions of the CIE
  ByteReader function;  ///< instructions of the function
};

UnwindRule carry_out(const FrameProgram& program, Address pc);

}  // namespace arenite
