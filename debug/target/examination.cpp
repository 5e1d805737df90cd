// SPDX-License-Identifier: MIT
#include "debug/target/examination.hpp"

#include "debug/memory/cannot_tell.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite {
namespace {

void store(void* context, const Finding& finding) {
  static_cast<HeapReport*>(context)->findings.push_back(
      {finding.invariant, finding.place, finding.text});
}

struct Seen {
  WatchedView& watched;
  AnyView view;
  Contents contents;
  const AnyView* now;
};

void audit_layer(const Seen& seen, Findings& findings, HeapReport& report) {
  LayerReport& layer = report.layer;
  const HeapPlan& heap = report.result.plan;
  layer.end = admit_layer(seen.view, report.site.debug_root, heap, layer.plan);
  if (!layer.there()) return;
  layer.contents = seen.contents;
  const auto audit = std::make_unique<LayerAudit<AnyView>>(seen.view, heap, layer.plan,
                                                           seen.contents, findings, seen.now);
  if (!audit->run()) report.result.end = AuditEnd::no_memory;
  layer.counts = audit->counts();
  layer.torn = audit->torn();
  if (audit->locked()) report.result.locked = true;
}

HeapReport audit_site(const Seen& seen, const HeapSite& site, const ProcessFacts& facts,
                      const Regions& accessible) {
  HeapReport report;
  report.site = site;
  Findings findings(store, &report);
  AuditSubject subject;
  subject.root = site.root;
  if (accessible.begin() != accessible.end()) subject.accessible = &accessible;
  subject.build_id = site.build_id;
  subject.threads = facts.threads;
  audit_heap(seen.view, subject, findings, report.result);
  if (site.locked) report.result.locked = true;
  if (site.list_ends != 0) findings.unreadable(site.list_ends);
  if (report.complete()) {
    seen.watched.follow(report.result.plan);
    audit_layer(seen, findings, report);
  }
  for (std::size_t i = 0; i < kInvariantCount; ++i) {
    const Invariant invariant{static_cast<std::uint8_t>(i)};
    if (findings.suppressed(invariant) > 0)
      report.suppressed.push_back({invariant, findings.suppressed(invariant)});
  }
  report.unreadable = findings.unreadable_count();
  report.first_unreadable = findings.first_unreadable();
  return report;
}

/// Of the sites, those with a heap; a module may be loaded and not used yet, and a file that is
/// only read through a mapping has no heap behind its note. What stands in a list of heaps is one.
std::vector<HeapSite> with_heap(const AnyView& view, const std::vector<HeapSite>& sites) {
  std::vector<HeapSite> sound, doubtful;
  for (const HeapSite& site : sites) {
    std::uint64_t cookie = 0;
    if (!site.own && (!read_object(view, site.root, cookie) || cookie == 0)) continue;
    (site.own || cookie == kRootCookie ? sound : doubtful).push_back(site);
  }
  return sound.empty() ? doubtful : sound;
}

bool undecided(const HeapReport& heap) {
  const AuditEnd end = heap.result.end;
  if (heap.layer.end > LayerEnd::there) return true;
  return (end != AuditEnd::complete && end != AuditEnd::gated) || heap.unreadable > 0;
}

/// Requires: undecided(heap).
const char* why(const HeapReport& heap) {
  if (heap.layer.end == LayerEnd::other)
    return "the debug layer has another layout than this tool reads";
  if (heap.layer.end > LayerEnd::there) return "what the debug layer keeps cannot be believed";
  switch (heap.result.end) {
    case AuditEnd::other:
      return "the heap has another layout than this tool reads";
    case AuditEnd::no_memory:
      return "there is no memory for the audit";
    default:
      return "memory of the heap could not be read";
  }
}

}  // namespace

void audit_heaps(WatchedView& watched, Contents contents, Examination& examination,
                 const AnyView* now) {
  const AnyView view(watched);
  const ProcessFacts& facts = examination.facts;
  std::vector<Region> storage(facts.mappings.size() + 1);
  Regions accessible(storage.data(), storage.size());
  for (const Mapping& mapping : facts.mappings)
    if (mapping.accessible()) accessible.add(mapping.begin, mapping.end);
  examination.heaps.clear();
  for (const HeapSite& site : with_heap(view, facts.sites))
    examination.heaps.push_back(
        audit_site({watched, view, contents, now}, site, facts, accessible));
}

void Examination::require_contents() const {
  if (!lacking.empty()) throw CannotTell(lacking);
  for (const HeapReport& heap : heaps)
    if (heap.result.end == AuditEnd::other) throw CannotTell(why(heap));
}

std::uint64_t Examination::finding_count() const {
  std::uint64_t count = 0;
  for (const HeapReport& heap : heaps) {
    count += heap.findings.size();
    for (const SuppressedFindings& more : heap.suppressed) count += more.count;
  }
  return count;
}

int Examination::exit_code(std::string& reason) const {
  bool found = false;
  for (const HeapReport& heap : heaps) {
    if (undecided(heap) && reason.empty()) reason = why(heap);
    // That the layout is another one is no fault of the heap.
    if (!heap.findings.empty() && heap.result.end != AuditEnd::other) found = true;
  }
  if (!damage.empty()) {
    reason = damage;
    return kCannotTell;
  }
  if (found && torn.empty()) return kFindings;
  if (!reason.empty()) return kCannotTell;
  if (!found) return kClean;
  reason = torn;
  return kCannotTell;
}

}  // namespace arenite
