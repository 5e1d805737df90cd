// SPDX-License-Identifier: MIT
// Runs a program on the guard heap of the debug layer, in the geometry that the program names.
#pragma once

#include "proptests/model/outcome.hpp"
#include "proptests/model/program.hpp"
#include "proptests/model/run_options.hpp"

namespace arenite::model {

Outcome run_guarded(const Program& program, RunOptions options = {});

}  // namespace arenite::model
