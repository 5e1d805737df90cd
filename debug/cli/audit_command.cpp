// SPDX-License-Identifier: MIT
// `arenite audit`: every invariant, and what stands against it.
#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "debug/census/traces.hpp"
#include "debug/cli/advice.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/sarif.hpp"
#include "debug/cli/severity.hpp"
#include "debug/cli/stack_names.hpp"
#include "debug/cli/style.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  Format format = Format::text;
  std::vector<std::string> only;
  Severity fail_on = Severity::warning;
  bool standing = false;
};

/// What was read besides, of the place a finding is about.
struct Evidence {
  std::string bytes;  ///< the first there, in hexadecimal
  StackId allocated = 0;
  std::uint64_t serial = 0;
};

using Key = std::pair<Invariant, Address>;

class Evidences {
 public:
  void gather(const AnyView& view, const Examination& seen) {
    const Traces traces = traces_of(view, seen);
    names_.take_modules(view, seen.facts);
    for (const HeapReport& heap : seen.heaps)
      for (const StoredFinding& finding : heap.findings) gather(view, traces, finding);
  }

  const Evidence& of(const StoredFinding& finding) const {
    static const Evidence kNone;
    const auto known = evidences_.find({finding.invariant, finding.place.address});
    return known == evidences_.end() ? kNone : known->second;
  }
  StackNames& names() { return names_; }

 private:
  static constexpr std::size_t kBytes = 16;

  void gather(const AnyView& view, const Traces& traces, const StoredFinding& finding) {
    Evidence& evidence = evidences_[{finding.invariant, finding.place.address}];
    std::array<unsigned char, kBytes> bytes;
    // What users keep in blocks is not everywhere to be had, and shown by no audit.
    if (finding.place.subject != Subject::block &&
        view.read(finding.place.address, bytes.data(), bytes.size()))
      evidence.bytes = fmt::format("{:02x}", fmt::join(bytes, " "));
    BlockFacts facts;
    if (finding.place.subject != Subject::block || !traces.there() ||
        !traces.find(finding.place.address, facts))
      return;
    evidence.serial = facts.serial;
    evidence.allocated = facts.allocated;
    if (facts.allocated != 0) names_.take(facts.allocated, traces);
  }

  std::map<Key, Evidence> evidences_;
  StackNames names_;
};

std::string subject_text(const StoredFinding& finding) {
  const char* subject = kSubjectNames[static_cast<std::size_t>(finding.place.subject)];
  return finding.place.subject == Subject::root
             ? subject
             : fmt::format("{} {}", subject, finding.place.number);
}

void print_finding(const StoredFinding& finding, Evidences& evidences, const Style& style) {
  const char* id = facts_of(finding.invariant).id;
  const Evidence& evidence = evidences.of(finding);
  fmt::print("{} {} at {:#x}: {}\n", style.bad(fmt::format("{} {}", id, name_of(severity_of(id)))),
             subject_text(finding), finding.place.address, finding.text);
  if (!evidence.bytes.empty()) fmt::print("    there: {}\n", evidence.bytes);
  if (evidence.serial != 0) fmt::print("    allocation {}, from\n", evidence.serial);
  for (const NamedFrame& frame : evidences.names().of(evidence.allocated))
    fmt::print("      {}\n", frame.text());
}

void print_heap(const HeapReport& heap, Evidences& evidences, const Style& style) {
  fmt::print("{} at {:#x}, {}\n", heap.site.own ? "a heap of the program's own" : "heap",
             heap.site.root, heap.site.module);
  const HeapRoot<Remote>& root = heap.result.plan.root;
  if (heap.result.end == AuditEnd::complete) {
    const Statistics& s = heap.result.statistics;
    std::uint64_t live = 0;
    for (const ClassStatistics& of : s.classes) live += of.live;
    fmt::print(
        "  geometry {}: {} arenas, {} pools in use, {} live blocks, {} spans, {} threads\n"
        "  {} bytes live, {} bytes mapped\n",
        s.geometry, s.arenas, s.pools_attached + s.pools_listed + s.pools_full, live, s.spans,
        s.threads, s.live_bytes(), s.mapped_bytes());
  } else if (heap.result.end == AuditEnd::other) {
    fmt::print(
        "  another layout: version {}, fingerprint {:#018x}\n"
        "  this tool reads version {}, fingerprint {:#018x}\n",
        root.version, root.fingerprint, kLayoutVersion, kFingerprint);
    return;
  }
  if (heap.layer.there())
    fmt::print("  debug layer: {} live blocks of {} bytes, {} freed and kept\n",
               heap.layer.counts.live, heap.layer.counts.live_bytes, heap.layer.counts.freed);
  else if (heap.layer.end == LayerEnd::other)
    fmt::print("  debug layer of another layout: fingerprint {:#018x}; this tool reads {:#018x}\n",
               heap.layer.plan.root.fingerprint, kDebugFingerprint);
  if (heap.layer.torn > 0)
    fmt::print("  {} blocks were freed or changed by the program before they could be judged\n",
               heap.layer.torn);
  for (const StoredFinding& finding : heap.findings) print_finding(finding, evidences, style);
  for (const SuppressedFindings& more : heap.suppressed)
    fmt::print("{} {} more\n", style.bad(facts_of(more.invariant).id), more.count);
  if (heap.unreadable > 0)
    fmt::print("{} reads failed, the first at {:#x}\n", heap.unreadable, heap.first_unreadable);
}

/// Whether `only` names the id, or its letter; everything does if it is empty.
bool wanted(const std::vector<std::string>& only, std::string_view id) {
  if (only.empty()) return true;
  return std::any_of(only.begin(), only.end(), [&](const std::string& one) {
    return std::toupper(static_cast<unsigned char>(one[0])) == id[0] &&
           (one.size() == 1 || one.substr(1) == id.substr(1));
  });
}

void keep_wanted(Examination& seen, const std::vector<std::string>& only) {
  for (HeapReport& heap : seen.heaps) {
    std::erase_if(heap.findings, [&](const StoredFinding& finding) {
      return !wanted(only, facts_of(finding.invariant).id);
    });
    std::erase_if(heap.suppressed, [&](const SuppressedFindings& more) {
      return !wanted(only, facts_of(more.invariant).id);
    });
  }
}

bool any_at_least(const Examination& seen, Severity least) {
  for (const HeapReport& heap : seen.heaps)
    for (const StoredFinding& finding : heap.findings)
      if (severity_of(facts_of(finding.invariant).id) >= least) return true;
  return false;
}

void print_json(const Examination& seen, Evidences& evidences, int code,
                const std::string& reason) {
  Json json = describe(seen.facts);
  json["heaps"] = Json::array();
  for (const HeapReport& heap : seen.heaps) {
    Json one = describe(heap);
    for (std::size_t i = 0; i < heap.findings.size(); ++i) {
      const StoredFinding& finding = heap.findings[i];
      const Evidence& evidence = evidences.of(finding);
      Json& described = one["findings"][i];
      described["severity"] = name_of(severity_of(facts_of(finding.invariant).id));
      if (!evidence.bytes.empty()) described["bytes"] = evidence.bytes;
      if (evidence.serial != 0) described["serial"] = evidence.serial;
      if (evidence.allocated != 0)
        described["allocated"] = describe(evidences.names().of(evidence.allocated));
    }
    json["heaps"].push_back(std::move(one));
  }
  json["findings"] = seen.finding_count();
  json["torn"] = !seen.torn.empty();
  json["exit"] = code;
  if (!reason.empty()) json["reason"] = reason;
  fmt::print("{}\n", dump(json));
}

void print_sarif(const Examination& seen, Evidences& evidences, int code,
                 const std::string& reason) {
  std::vector<SarifRule> rules;
  for (const InvariantFacts& facts : kInvariants) {
    const Advice* advice = advice_of(facts.id);
    rules.push_back({facts.id, facts.statement,
                     fmt::format("If broken: {} Typical: {} Then: {}", facts.broken,
                                 advice == nullptr ? "" : advice->causes,
                                 advice == nullptr ? "" : advice->action),
                     name_of(severity_of(facts.id))});
  }
  SarifLog log(std::move(rules));
  for (const HeapReport& heap : seen.heaps)
    for (const StoredFinding& finding : heap.findings) {
      const Evidence& evidence = evidences.of(finding);
      SarifResult result;
      result.rule = facts_of(finding.invariant).id;
      result.message = fmt::format("{} at {:#x}: {}", subject_text(finding), finding.place.address,
                                   finding.text);
      result.module = heap.site.module;
      result.address = finding.place.address;
      result.stack = evidences.names().of(evidence.allocated);
      result.culprit = evidences.names().culprit_frame(evidence.allocated);
      log.add(result);
    }
  fmt::print("{}\n", dump(log.json(code, reason)));
}

void print_text(const Examination& seen, Evidences& evidences, int code) {
  const Style style(STDOUT_FILENO);
  fmt::print("process {} ({})\n", seen.facts.pid, seen.facts.command);
  for (const HeapReport& heap : seen.heaps) print_heap(heap, evidences, style);
  if (seen.stood.count() != 0)
    fmt::print("it stood still for {:.1f} ms\n", static_cast<double>(seen.stood.count()) / 1e6);
  const std::uint64_t findings = seen.finding_count();
  const std::string verdict = fmt::format("{} finding{}{}", findings, findings == 1 ? "" : "s",
                                          code == kCannotTell ? " in what could be read" : "");
  fmt::print("{}{}\n", code == kClean ? style.good(verdict) : style.bad(verdict),
             seen.torn.empty() ? "" : "; torn: " + seen.torn);
}

int run(const Request& request) {
  Evidences evidences;
  Progress progress("auditing");
  Examination seen = examine(
      request.source,
      [&](const AnyView& view, const Examination& now) { evidences.gather(view, now); },
      request.standing ? Standing::throughout : Standing::briefly, progress.told());
  progress.clear();
  keep_wanted(seen, request.only);
  std::string reason;
  int code = seen.exit_code(reason);
  if (code == kFindings && !any_at_least(seen, request.fail_on)) code = kClean;
  if (request.format == Format::text) print_text(seen, evidences, code);
  if (request.format == Format::json) print_json(seen, evidences, code, reason);
  if (request.format == Format::sarif) print_sarif(seen, evidences, code, reason);
  std::fflush(stdout);
  if (code == kCannotTell && request.format != Format::json)
    fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  return code;
}

/// "" or what is wrong with an id.
std::string check_id(const std::string& id) {
  for (const InvariantFacts& facts : kInvariants)
    if (wanted({id}, facts.id)) return "";
  return "there is no invariant " + id + "; `arenite explain` lists all";
}

}  // namespace

void add_audit(CommandLine& line) {
  auto [sub, request] = line.add<Request>(
      "audit", "Check every invariant of a heap", run,
      "  arenite audit --pid 4711\n"
      "  arenite audit --core core.4711 --only P,T,B1\n"
      "  arenite audit --snapshot now.arn --format sarif --fail-on error > audit.sarif\n");
  add_source(sub, request.source);
  add_format(sub, request.format, {Format::text, Format::json, Format::sarif});
  sub.add_option("--only", request.only, "ids of invariants, or letters for all of a kind: P,D1")
      .delimiter(',')
      .check(check_id);
  sub.add_choice("--fail-on", request.fail_on,
                 "end with 1 only for that or worse; warning if not given",
                 {{"warning", Severity::warning}, {"error", Severity::error}})
      .value_text("warning|error");
  sub.add_flag("--standing", request.standing,
               "let a process stand until all is read, instead of while its tables are copied: "
               "also blocks it frees all the time are judged, in debug mode");
}

}  // namespace arenite::cli
