// SPDX-License-Identifier: MIT
#include "debug/modes/run_modes.hpp"

namespace arenite {

Outcome run_with(const std::string& options, std::vector<std::string> command, RunSetting setting) {
  command[0] = ARENITE_PROGRAMS "/" + command[0];
  setting.environment.push_back("ARENITE_OPTIONS=" + options + ":symbolize=0");
  return run_command(command, setting);
}

}  // namespace arenite
