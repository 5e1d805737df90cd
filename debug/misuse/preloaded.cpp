// SPDX-License-Identifier: MIT
#include "debug/misuse/preloaded.hpp"

namespace arenite {

Outcome run_in_mode(const std::vector<std::string>& command, const std::string& options, bool named,
                    int seconds) {
  RunSetting setting;
  setting.seconds = seconds;
  const std::string names = named ? ":symbolizer=" ARENITE_CLI : ":symbolize=0";
  setting.environment = {"ARENITE_OPTIONS=" + options + names};
  return run_command(command, setting);
}

std::vector<std::string> misuse_command(const std::string& name, bool wrong) {
  return {ARENITE_PROGRAMS "/misuse", name, wrong ? "wrong" : "right"};
}

}  // namespace arenite
