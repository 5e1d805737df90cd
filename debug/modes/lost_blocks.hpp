// SPDX-License-Identifier: MIT
// Leaks: looked for and reported, as the options say.
#pragma once

#include <cstddef>

namespace arenite {

/// Looks for leaks and reports what is found; returns how many blocks; 0 in modes
/// that keep no track of all. Not in signal handlers.
std::size_t report_leaks();

/// Reads the file of suppressions; complains of what is no rule. At start.
void read_suppressions();

}  // namespace arenite
