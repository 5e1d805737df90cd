// SPDX-License-Identifier: MIT
// The words of reports: how faults, families and states are called. Literals.
#pragma once

#include "debug/report/report.hpp"

namespace arenite {

/// As the JSON form says it: heap-buffer-underflow, bad-realloc.
const char* fault_name(const Report& report);
/// As AddressSanitizer calls it, so that what reads its reports knows the word: it has no
/// underflow, and realloc of a freed block is a double-free.
const char* sanitizer_name(const Report& report);
/// A sentence without its end: "bytes behind a block".
const char* fault_sentence(const Report& report);

/// The entry point that hands out: malloc, operator new [], ...
const char* allocator_name(Family family);
/// The entry point that takes back: free, operator delete [], ...
const char* releaser_name(Family family);
/// The family itself: malloc, new_array, ...
const char* family_name(Family family);
const char* state_name(BlockState state);
const char* access_name(Access access);
/// What `ByteKind` looks like in a row: u, g, s, f, -, ?.
char kind_letter(ByteKind kind);

}  // namespace arenite
