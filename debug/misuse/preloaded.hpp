// SPDX-License-Identifier: MIT
// Runs the programs of this folder under the library, in a mode.
#pragma once

#include <string>

#include "frontend/process/programs/run.hpp"

namespace arenite {

/// ARENITE_OPTIONS=`options`, with names put to frames if `named`.
Outcome run_in_mode(const std::vector<std::string>& command, const std::string& options, bool named,
                    int seconds = 300);

/// `misuse NAME wrong` or `misuse NAME right`.
std::vector<std::string> misuse_command(const std::string& name, bool wrong);

}  // namespace arenite
