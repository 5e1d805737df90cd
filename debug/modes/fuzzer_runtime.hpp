// SPDX-License-Identifier: MIT
// Is libFuzzer in the program, and does it ask another runtime than us?
#pragma once

namespace arenite {

/// The line to tell the user, without newline, if the program is a libFuzzer target that brings a
/// sanitizer's runtime beside which ours is never asked; null otherwise. clang links
/// UndefinedBehaviorSanitizer's with -fsanitize=fuzzer alone: crash inputs are still saved, as the
/// fuzzer sees the abort, but leaks and limits are not seen. At start-up, when the
/// dynamic linker is done; allocates nothing.
const char* fuzzer_asks_another_runtime();

}  // namespace arenite
