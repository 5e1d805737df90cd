// SPDX-License-Identifier: MIT
#include "debug/cli/command_line.hpp"

#include <map>

namespace arenite::cli {

void add_source(CLI::App& sub, Source& source) {
  auto* group = sub.add_option_group("source", "what to look at; one of");
  group->add_option("--pid", source.pid, "a process")->check(CLI::PositiveNumber);
  group->add_option("--core", source.core, "a core file");
  group->add_option("--snapshot", source.snapshot, "a file that `arenite snapshot` wrote");
  group->require_option(1);
}

void add_format(CLI::App& sub, Format& format) {
  sub.add_option("--format", format, "text or json")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Format>{{"text", Format::text}, {"json", Format::json}}))
      ->option_text("text|json");
}

}  // namespace arenite::cli
