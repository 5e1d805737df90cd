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

void add_format(CLI::App& sub, Format& format, std::initializer_list<Format> formats) {
  static const std::map<Format, std::string> kNames{
      {Format::text, "text"}, {Format::json, "json"}, {Format::sarif, "sarif"}};
  std::map<std::string, Format> allowed;
  std::string listed;
  for (const Format one : formats) {
    allowed[kNames.at(one)] = one;
    listed += (listed.empty() ? "" : "|") + kNames.at(one);
  }
  sub.add_option("--format", format, "of what is printed; text if not given")
      ->transform(CLI::CheckedTransformer(allowed))
      ->option_text(listed);
}

}  // namespace arenite::cli
