// SPDX-License-Identifier: MIT
// `arenite leaks`: blocks the program has lost, found from outside.
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "debug/census/leak_groups.hpp"
#include "debug/census/traces.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/leak_texts.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/sarif.hpp"
#include "debug/cli/style.hpp"
#include "debug/cli/units.hpp"
#include "debug/leaks/suppression_file.hpp"
#include "debug/leaks/suppressions.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  Format format = Format::text;
  std::vector<LeakKind> kinds{LeakKind::k1, LeakKind::k3, LeakKind::k4};
  std::string suppressions;
  std::size_t limit = 20;
};

/// What was found, with nothing that leads back to the process.
class Leaks {
 public:
  explicit Leaks(const Request& request) : request_(request) {}

  void gather(const AnyView& view, const Examination& seen) {
    seen.require_contents();
    const Traces traces = traces_of(view, seen);
    blocks_ = std::make_unique<HeapBlocks>(view, seen, traces);
    graph_ = std::make_unique<PointerGraph>(view, *blocks_);
    Progress progress("reading blocks");
    graph_->build(seen.facts,
                  {request_.source.pid, traces.tables,
                   [&](std::uint64_t done, std::uint64_t all) { progress.at(done, all); }});
    groups_ = leak_groups(graph_->blocks(), LeakKinds(*graph_));
    if (!traces.there()) return;
    names_.take_modules(view, seen.facts);
    for (const LostGroup& group : groups_)
      if (group.stack != 0) names_.take(group.stack, traces);
  }

  /// When the process runs again: names take their time.
  void finish() {
    if (!request_.suppressions.empty()) suppress();
    for (const LostGroup& group : groups_) {
      const bool wanted = std::find(request_.kinds.begin(), request_.kinds.end(), group.kind) !=
                          request_.kinds.end();
      (wanted ? wanted_ : others_).push_back(group);
    }
  }

  const std::vector<LostGroup>& wanted() const { return wanted_; }
  const std::vector<LostGroup>& others() const { return others_; }
  StackNames& names() { return names_; }
  const LiveBlocks& blocks() const { return graph_->blocks(); }
  LeakCount suppressed() const { return suppressed_; }

  /// Why what was found may be wrong; "" if nothing is in the way.
  std::string obstacle() const {
    const std::uint64_t unread = graph_->unreadable_in_blocks() + graph_->unreadable_roots();
    if (unread != 0)
      return fmt::format("{} of memory could not be read, and may point to what looks lost",
                         bytes_text(unread));
    const bool all = !graph_->blocks().incomplete() && blocks_->unclear_pools() == 0;
    return all ? "" : "some blocks overlap or make no sense";
  }

 private:
  void suppress() {
    const SuppressionFile file(request_.suppressions.c_str());
    if (!file.read()) throw CannotTell("cannot read " + request_.suppressions);
    check_rules(file.text(), &complain, nullptr);
    std::map<StackId, bool> known;
    const LeakKinds kinds(*graph_, [&](StackId stack) {
      const auto [answer, added] = known.try_emplace(stack, false);
      if (added) answer->second = is_suppressed(file.text(), stack);
      return answer->second;
    });
    suppressed_ = suppressed_leaks(blocks(), kinds);
    groups_ = leak_groups(blocks(), kinds);
    std::erase_if(groups_, [&](const LostGroup& group) {
      const auto answer = known.find(group.stack);
      return answer != known.end() && answer->second;
    });
  }

  bool is_suppressed(std::string_view rules, StackId stack) {
    std::vector<LeakFrame> frames;
    for (const NamedFrame& frame : names_.of(stack))
      frames.push_back({frame.function, frame.file, frame.module});
    return suppressing_line(rules, frames) != 0;
  }

  static void complain(void*, unsigned line, std::string_view text) {
    fmt::print(stderr, "arenite: line {} of the suppressions is no rule: {}\n", line, text);
  }

  const Request& request_;
  std::unique_ptr<HeapBlocks> blocks_;
  std::unique_ptr<PointerGraph> graph_;
  std::vector<LostGroup> groups_, wanted_, others_;
  LeakCount suppressed_;
  StackNames names_;
};

LeakCount sum(const std::vector<LostGroup>& groups) {
  LeakCount all;
  for (const LostGroup& group : groups) {
    all.blocks += group.own.blocks + group.hanging.blocks;
    all.bytes += group.own.bytes + group.hanging.bytes;
  }
  return all;
}

std::string amount(const LeakCount& count) {
  return fmt::format("{} bytes in {} block{}", count.bytes, count.blocks,
                     count.blocks == 1 ? "" : "s");
}

/// "K1 96 bytes in 3 blocks nothing points to; 32 bytes in 2 blocks hang from such"
std::string sentence(const LostGroup& group) {
  const char* words = text_of(group.kind).words;
  if (group.own.blocks == 0)
    return fmt::format("{} that hang from blocks {}", amount(group.hanging), words);
  std::string text = fmt::format("{} {}", amount(group.own), words);
  if (group.hanging.blocks > 0) text += fmt::format("; {} hang from such", amount(group.hanging));
  return text;
}

void print_text(const Examination& seen, Leaks& leaks, const Request& request) {
  const Style style(STDOUT_FILENO);
  fmt::print("process {} ({})\n", seen.facts.pid, seen.facts.command);
  std::size_t shown = 0;
  for (const LostGroup& group : leaks.wanted()) {
    if (shown++ == request.limit && request.limit != 0) break;
    fmt::print("{} {}; one is {:#x} of {} bytes\n", style.bad(name_of(group.kind)), sentence(group),
               group.example, group.example_bytes);
    for (const NamedFrame& frame : leaks.names().of(group.stack))
      fmt::print("    {}\n", frame.text());
  }
  if (shown > request.limit && request.limit != 0)
    fmt::print("and {} groups more; --limit 0 shows all\n", leaks.wanted().size() - request.limit);
  const LeakCount lost = sum(leaks.wanted());
  const std::string verdict = fmt::format("{} lost, of {} live", amount(lost),
                                          amount({leaks.blocks().count(), leaks.blocks().bytes()}));
  fmt::print("{}\n", lost.blocks == 0 ? style.good(verdict) : style.bad(verdict));
  if (leaks.suppressed().blocks > 0) fmt::print("{} suppressed\n", amount(leaks.suppressed()));
  std::map<LeakKind, LeakCount> others;
  for (const LostGroup& group : leaks.others()) {
    others[group.kind].blocks += group.own.blocks + group.hanging.blocks;
    others[group.kind].bytes += group.own.bytes + group.hanging.bytes;
  }
  for (const auto& [kind, count] : others)
    fmt::print("not counted: {} {} ({}); --kinds {} shows them\n", amount(count),
               text_of(kind).words, name_of(kind), name_of(kind));
}

Json count_json(const LeakCount& count) {
  return {{"blocks", count.blocks}, {"bytes", count.bytes}};
}

void print_json(const Examination& seen, Leaks& leaks, int code, const std::string& reason) {
  Json json = describe(seen.facts);
  json["live"] = count_json(LeakCount{leaks.blocks().count(), leaks.blocks().bytes()});
  json["lost"] = count_json(sum(leaks.wanted()));
  json["suppressed"] = count_json(leaks.suppressed());
  json["groups"] = Json::array();
  for (const LostGroup& group : leaks.wanted()) {
    Json one{{"kind", name_of(group.kind)},
             {"own", count_json(group.own)},
             {"hanging", count_json(group.hanging)},
             {"example", fmt::format("{:#x}", group.example)},
             {"example_bytes", group.example_bytes}};
    if (group.stack == 0) one["block_bytes"] = group.size;
    if (group.stack != 0) one["stack"] = describe(leaks.names().of(group.stack));
    json["groups"].push_back(std::move(one));
  }
  json["not_counted"] = Json::array();
  for (const LostGroup& group : leaks.others())
    json["not_counted"].push_back({{"kind", name_of(group.kind)},
                                   {"own", count_json(group.own)},
                                   {"hanging", count_json(group.hanging)}});
  json["exit"] = code;
  if (!reason.empty()) json["reason"] = reason;
  fmt::print("{}\n", dump(json));
}

void print_sarif(const Examination& seen, Leaks& leaks, int code, const std::string& reason) {
  std::vector<SarifRule> rules;
  rules.reserve(kLeakTexts.size());
  for (std::size_t i = 0; i < kLeakTexts.size(); ++i)
    rules.push_back({kLeakKindNames[i], std::string("Blocks ") + kLeakTexts[i].words,
                     kLeakTexts[i].statement, i == 1 ? "note" : "warning"});
  SarifLog log(std::move(rules));
  for (const LostGroup& group : leaks.wanted()) {
    SarifResult result;
    result.rule = name_of(group.kind);
    result.message = sentence(group);
    result.module = seen.heaps.front().site.module;
    result.address = group.example;
    result.stack = leaks.names().of(group.stack);
    result.culprit = leaks.names().culprit_frame(group.stack);
    log.add(result);
  }
  fmt::print("{}\n", dump(log.json(code, reason)));
}

int run(const Request& request) {
  Leaks leaks(request);
  const Examination seen = examine(
      request.source, [&](const AnyView& view, const Examination& now) { leaks.gather(view, now); },
      Standing::throughout);
  leaks.finish();
  std::string reason;
  const bool undecided = seen.exit_code(reason) == kCannotTell;
  if (!undecided) reason = leaks.obstacle();
  const int code = undecided || !reason.empty() ? kCannotTell
                   : leaks.wanted().empty()     ? kClean
                                                : kFindings;
  if (request.format == Format::text) print_text(seen, leaks, request);
  if (request.format == Format::json) print_json(seen, leaks, code, reason);
  if (request.format == Format::sarif) print_sarif(seen, leaks, code, reason);
  std::fflush(stdout);
  if (code == kCannotTell) fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  return code;
}

}  // namespace

void add_leaks(CommandLine& line) {
  auto [sub, request] = line.add<Request>(
      "leaks", "Find live blocks that the program has lost", run,
      "  arenite leaks --pid 4711\n"
      "  arenite leaks --pid 4711 --suppressions lsan.supp --format sarif > leaks.sarif\n"
      "  arenite leaks --core core.4711 --kinds K1,K2,K3,K4\n");
  add_source(sub, request.source);
  add_format(sub, request.format, {Format::text, Format::json, Format::sarif});
  sub.add_choices(
         "--kinds", request.kinds,
         "K1 nothing points to, K2 reached only from inside, K3 in a cycle, K4 reached "
         "only from an ended thread; K1,K3,K4 if not given",
         {{"K1", LeakKind::k1}, {"K2", LeakKind::k2}, {"K3", LeakKind::k3}, {"K4", LeakKind::k4}})
      .delimiter(',')
      .value_text("K1,K2,K3,K4");
  sub.add_option("--suppressions", request.suppressions,
                 "a file of leaks not to report, in LeakSanitizer's format")
      .existing_file();
  sub.add_option("--limit", request.limit, "groups to print as text; 0: all. 20 if not given");
}

}  // namespace arenite::cli
