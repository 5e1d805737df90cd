// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "debug/cli/commands.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/style.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

void print_heap(const HeapReport& heap, const Style& style) {
  fmt::print("heap at {:#x}, {}\n", heap.site.root, heap.site.module);
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
  for (const StoredFinding& finding : heap.findings) {
    const char* subject = kSubjectNames[static_cast<std::size_t>(finding.place.subject)];
    const std::string number =
        finding.place.subject == Subject::root ? "" : fmt::format(" {}", finding.place.number);
    fmt::print("{} {}{} at {:#x}: {}\n", style.bad(facts_of(finding.invariant).id), subject, number,
               finding.place.address, finding.text);
  }
  for (const SuppressedFindings& more : heap.suppressed)
    fmt::print("{} {} more\n", style.bad(facts_of(more.invariant).id), more.count);
  if (heap.unreadable > 0)
    fmt::print("{} reads failed, the first at {:#x}\n", heap.unreadable, heap.first_unreadable);
}

}  // namespace

int audit(const Source& source, Format format) {
  const Examination examination = examine(source);
  std::string reason;
  const int code = examination.exit_code(reason);
  const std::uint64_t findings = examination.finding_count();
  if (format == Format::json) {
    Json json = describe(examination.facts);
    json["heaps"] = Json::array();
    for (const HeapReport& heap : examination.heaps) json["heaps"].push_back(describe(heap));
    json["findings"] = findings;
    json["torn"] = !examination.torn.empty();
    json["exit"] = code;
    if (!reason.empty()) json["reason"] = reason;
    fmt::print("{}\n", dump(json));
    return code;
  }
  const Style style(STDOUT_FILENO);
  fmt::print("process {} ({})\n", examination.facts.pid, examination.facts.command);
  for (const HeapReport& heap : examination.heaps) print_heap(heap, style);
  const std::string verdict = fmt::format("{} finding{}{}", findings, findings == 1 ? "" : "s",
                                          code == kCannotTell ? " in what could be read" : "");
  fmt::print("{}{}\n", code == kClean ? style.good(verdict) : style.bad(verdict),
             examination.torn.empty() ? "" : "; torn: " + examination.torn);
  if (code == kCannotTell) {
    std::fflush(stdout);
    fmt::print(stderr, "arenite: cannot tell: {}\n", reason);
  }
  return code;
}

}  // namespace arenite::cli
