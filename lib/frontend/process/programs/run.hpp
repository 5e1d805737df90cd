// SPDX-License-Identifier: MIT
// Runs one of the test programs and tells what became of it.
#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

namespace arenite {

struct Outcome {
  bool timed_out = false;
  int exit_code = -1;  ///< -1 if a signal ended it
  int signal = 0;
  std::string output, errors;
};

struct RunSetting {
  bool preloaded = true;
  rlim_t address_space_bytes = RLIM_INFINITY;
  int seconds = 300;  ///< against hangs alone: a shared machine may be ten times slower than usual
  std::vector<std::string> environment = {};  ///< NAME=VALUE, over what there is
};

/// Runs a command and waits for its end, which comes by force when the time is up, for it and for
/// whatever it started.
Outcome run_command(const std::vector<std::string>& command, const RunSetting& setting);

/// Runs one of the programs beside the tests.
Outcome run_program(const std::string& name, const RunSetting& setting = {});

}  // namespace arenite
