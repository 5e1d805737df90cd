// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "debug/audit/invariants.hpp"
#include "debug/cli/advice.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/severity.hpp"
#include "debug/cli/style.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Format format = Format::text;
  std::string id;
};

int run(const Request& request) {
  const std::string& id = request.id;
  const Format format = request.format;
  std::string wanted = id;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const Style style(STDOUT_FILENO);
  Json json = Json::array();
  for (const InvariantFacts& facts : kInvariants) {
    if (!wanted.empty() && wanted != facts.id) continue;
    const Advice* advice = advice_of(facts.id);
    if (format == Format::text)
      fmt::print("{}  {}\n    If broken: {}\n    Check: {}\n    Typical: {}\n    Then: {}\n",
                 style.strong(facts.id), facts.statement, facts.broken, facts.check, advice->causes,
                 advice->action);
    json.push_back({{"id", facts.id},
                    {"severity", name_of(severity_of(facts.id))},
                    {"statement", facts.statement},
                    {"if_broken", facts.broken},
                    {"check", facts.check},
                    {"causes", advice->causes},
                    {"action", advice->action}});
  }
  if (json.empty()) {
    fmt::print(stderr, "arenite: there is no invariant {}; `arenite explain` lists all\n", id);
    return kUsage;
  }
  if (format == Format::json) fmt::print("{}\n", dump(json));
  return kClean;
}

}  // namespace

void add_explain(CommandLine& line) {
  auto [sub, request] = line.add<Request>(
      "explain", "Say what an invariant means, what breaks it, and what to do", run,
      "  arenite explain P4\n"
      "  arenite explain          all of them\n");
  sub.add_option("id", request.id, "P4, say; all if not given");
  add_format(sub, request.format);
}

}  // namespace arenite::cli
