// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "debug/audit/invariants.hpp"
#include "debug/cli/commands.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/style.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {

int explain(const std::string& id, Format format) {
  std::string wanted = id;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const Style style(STDOUT_FILENO);
  Json json = Json::array();
  for (const InvariantFacts& facts : kInvariants) {
    if (!wanted.empty() && wanted != facts.id) continue;
    if (format == Format::text)
      fmt::print("{}  {}\n    If broken: {}\n    Check: {}\n", style.strong(facts.id),
                 facts.statement, facts.broken, facts.check);
    json.push_back({{"id", facts.id},
                    {"statement", facts.statement},
                    {"if_broken", facts.broken},
                    {"check", facts.check}});
  }
  if (json.empty()) {
    fmt::print(stderr, "arenite: there is no invariant {}; `arenite explain` lists all\n", id);
    return kUsage;
  }
  if (format == Format::json) fmt::print("{}\n", dump(json));
  return kClean;
}

}  // namespace arenite::cli
