// SPDX-License-Identifier: MIT
// Programs as text, one operation a line:
//   configure geometry=tiny arenas=2 threads=2 diverted=0 slots=32 first_refusal=0 refusals=0
//   allocate slot=3 size=class:5-1
// Of guarded heaps also quarantine=3 guards=1 keyed=1 unfilled=1, by the codes of program.hpp.
// Fields may come in any order, and those left out are 0 (arenas, threads: 1, slots: 8). What
// follows a # is ignored, as are empty lines.
#pragma once

#include <string>
#include <string_view>

#include "proptests/model/hop_file.hpp"

namespace arenite::model {

/// parse_text(to_text(p)).program == p for every program whose operations are canonical.
std::string to_text(const Program& program);
std::string to_text(const Configuration& configuration);
std::string to_text(const Operation& operation);

/// The program, or "line N: reason".
Loaded parse_text(std::string_view text);

}  // namespace arenite::model
