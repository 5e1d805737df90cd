// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "debug/audit/invariants.hpp"
#include "debug/cli/advice.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/leak_texts.hpp"
#include "debug/cli/severity.hpp"
#include "debug/cli/style.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Format format = Format::text;
  std::string id;
};

struct Explanation {
  const char* id;
  const char* severity;
  const char* statement;
  const char* if_broken;
  const char* check;
  const char* causes;
  const char* action;
};

/// Of the catalogue, but no command prints it.
struct Unchecked {
  const char* id;
  const char* statement;
  const char* reason;
};

constexpr std::array kUnchecked{Unchecked{
    "U1", "Event ring: serials rise, and no entry is torn.",
    "This build keeps no event ring, so there is nothing to hold against it and no finding "
    "has this id. What the debug layer knows of a block, `arenite whatis` tells."}};

/// What no audit can find, as it sees one instant; `arenite diff` does.
constexpr Explanation kAcrossLooks{
    "S3",
    name_of(severity_of("S3")),
    "Counters that only grow do not shrink between two looks.",
    "A table was given back or written over; or the two looks are not at one process.",
    "arenite diff compares, of two looks at one process: how far tables and range are accessible, "
    "thread blocks ever used, times pages went back; of the debug layer serials, stacks, threads, "
    "pages.",
    "A wild write to the heap root; a look whose file was changed; a process of the same number, "
    "started again with its heap at the same address.",
    "Audit both looks; compare their times and the start of the process."};

/// Of every id a command prints: invariants, and kinds of leaks.
std::vector<Explanation> all_explanations() {
  std::vector<Explanation> all;
  for (const InvariantFacts& facts : kInvariants) {
    const Advice* advice = advice_of(facts.id);
    all.push_back({facts.id, name_of(severity_of(facts.id)), facts.statement, facts.broken,
                   facts.check, advice->causes, advice->action});
  }
  all.push_back(kAcrossLooks);
  for (std::size_t i = 0; i < kLeakTexts.size(); ++i) {
    const LeakText& leak = kLeakTexts[i];
    all.push_back({kLeakKindNames[i], "warning", leak.statement, leak.consequence, leak.check,
                   leak.causes, leak.action});
  }
  return all;
}

int run(const Request& request) {
  std::string wanted = request.id;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const Style style(STDOUT_FILENO);
  Json json = Json::array();
  for (const Explanation& one : all_explanations()) {
    if (!wanted.empty() && wanted != one.id) continue;
    if (request.format == Format::text)
      fmt::print("{}  {}\n    If broken: {}\n    Check: {}\n    Typical: {}\n    Then: {}\n",
                 style.strong(one.id), one.statement, one.if_broken, one.check, one.causes,
                 one.action);
    json.push_back({{"id", one.id},
                    {"severity", one.severity},
                    {"statement", one.statement},
                    {"if_broken", one.if_broken},
                    {"check", one.check},
                    {"causes", one.causes},
                    {"action", one.action}});
  }
  for (const Unchecked& one : kUnchecked) {
    if (!wanted.empty() && wanted != one.id) continue;
    if (request.format == Format::text)
      fmt::print("{}  {}\n    Not checked: {}\n", style.strong(one.id), one.statement, one.reason);
    json.push_back({{"id", one.id}, {"statement", one.statement}, {"not_checked", one.reason}});
  }
  if (json.empty()) {
    fmt::print(stderr, "arenite: there is no id {}; `arenite explain` lists all\n", request.id);
    return kUsage;
  }
  if (request.format == Format::json) fmt::print("{}\n", dump(json));
  return kClean;
}

}  // namespace

void add_explain(CommandLine& line) {
  auto [sub, request] = line.add<Request>(
      "explain",
      "Say what an id means (an invariant, a kind of leak), what breaks it, and what to do", run,
      "  arenite explain P4\n"
      "  arenite explain K3\n"
      "  arenite explain          all of them\n");
  sub.add_option("id", request.id, "P4, say; all if not given");
  add_format(sub, request.format);
}

}  // namespace arenite::cli
