// SPDX-License-Identifier: MIT
// The functions of the C library whose ranges are checked, by kind; a line for each in the file of
// the same name. Each `add_...` has the calls to its functions lead to their wrappers from the
// Redirector's next pass on; false if there is no room for all, or one is in already.
//
// To be in force, checks need heaps to look in: `set_range_check` before the pass. Wrappers keep
// errno, the function's result, and what it does; they hold nothing while it runs.
#pragma once

#include "debug/ranges/got.hpp"

namespace arenite {

bool add_memory_functions(Redirector& redirector);        // memcpy, memchr, qsort, ...
bool add_text_functions(Redirector& redirector);          // strlen, strcpy, strtok, ...
bool add_wide_text_functions(Redirector& redirector);     // wcslen, wmemcpy, ...
bool add_number_functions(Redirector& redirector);        // strtol, atof, wcstod, ...
bool add_input_output_functions(Redirector& redirector);  // read, fwrite, fgets, getcwd, ...
bool add_print_functions(Redirector& redirector);         // printf, vsnprintf, ...
bool add_wide_print_functions(Redirector& redirector);    // wprintf, vswprintf, ...

/// All of them. Requires: the redirector has none of them, and is new: text, numbers and printing
/// need functions of the other kinds.
inline bool add_range_functions(Redirector& redirector) {
  return add_memory_functions(redirector) && add_text_functions(redirector) &&
         add_wide_text_functions(redirector) && add_number_functions(redirector) &&
         add_input_output_functions(redirector) && add_print_functions(redirector) &&
         add_wide_print_functions(redirector);
}

}  // namespace arenite
