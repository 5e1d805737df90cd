// SPDX-License-Identifier: MIT
// A program counter as text, in the way of a sanitizer's stack_trace_format: what is known of it in
// this process is the module and the offset; names and lines are put in afterwards, outside.
// Allocates nothing, safe in signal handlers.
#pragma once

#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

inline constexpr std::size_t kModulePathBytes = 4096;

struct PlaceOfPc {
  Address pc;
  const char* module;  ///< path; null if unknown
  Address offset;      ///< in the module
};

/// Writes `format` with %p (the counter), %m %o (module, offset), %F ("in " function), %L (place in
/// the source), %M and the rest of the sanitizers' letters put in; what is not known becomes
/// (MODULE+OFFSET) or ??. Cut at `bytes` - 1 and ended by \0, by two where there is room: a reader
/// may take it for a list.
void describe_pc(const PlaceOfPc& place, const char* format, char* to, std::size_t bytes);

}  // namespace arenite
