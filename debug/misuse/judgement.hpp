// SPDX-License-Identifier: MIT
// Holds what a wrong program printed against what was expected of it.
#pragma once

#include <string>

#include "debug/misuse/expectation.hpp"
#include "frontend/process/programs/run.hpp"

namespace arenite {

/// The program was stopped with a report of the right kind, on the right bytes of the right block.
/// `lacking` gets the first thing that is not there.
bool is_reported(const Expectation& row, const Outcome& outcome, std::string& lacking);

/// The report names lines of the case's file: where the block came from, and where it was misused.
bool names_lines(const Expectation& row, const std::string& file, Look look,
                 const std::string& report, std::string& lacking);

}  // namespace arenite
