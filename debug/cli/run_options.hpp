// SPDX-License-Identifier: MIT
// The command line of `arenite run`: an option for each key of ARENITE_OPTIONS, made from their
// table, and the tool's own.
#pragma once

#include "debug/cli/command_options.hpp"
#include "debug/cli/run_request.hpp"

namespace arenite::cli {

/// Mistakes, also in the values, are thrown as CLI::ParseError when the line is parsed.
void add_run_options(CommandOptions& options, RunRequest& request);

}  // namespace arenite::cli
