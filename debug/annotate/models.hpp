// SPDX-License-Identifier: MIT
// The tools that are known. Each model is null in a process its tool does not watch.
#pragma once

#include "debug/annotate/annotator.hpp"

namespace arenite {

/// Valgrind with memcheck; its other tools do not watch memory.
const Annotator* memcheck_annotator();

/// A program compiled with AddressSanitizer: its runtime is in the process.
const Annotator* address_sanitizer_annotator();

/// A program compiled with MemorySanitizer, likewise.
const Annotator* memory_sanitizer_annotator();

}  // namespace arenite
