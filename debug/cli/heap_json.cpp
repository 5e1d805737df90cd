// SPDX-License-Identifier: MIT
#include "debug/cli/heap_json.hpp"

#include <fmt/format.h>

namespace arenite::cli {
namespace {

std::string hex(std::uint64_t number) {
  return fmt::format("{:#x}", number);
}

void append(void* text, const char* piece, std::size_t bytes) {
  static_cast<std::string*>(text)->append(piece, bytes);
}

}  // namespace

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

const char* name_of(AuditEnd end) {
  switch (end) {
    case AuditEnd::complete:
      return "complete";
    case AuditEnd::no_root:
      return "no root";
    case AuditEnd::other:
      return "other layout";
    case AuditEnd::gated:
      return "root not credible";
    case AuditEnd::no_memory:
      return "no memory";
  }
  return "";
}

Json describe(const ProcessFacts& facts) {
  Json json{{"pid", facts.pid}, {"command", facts.command}};
  if (facts.signal != 0) json["signal"] = facts.signal;
  return json;
}

Json describe(const HeapSite& site) {
  Json json{{"module", site.module}};
  if (site.own) json["own_heap"] = hex(site.root);
  return json;
}

Json describe(const Statistics& statistics) {
  std::string text;
  print_json(statistics, {append, &text});
  return Json::parse(text);
}

Json describe(const HeapReport& heap) {
  const HeapRoot<Remote>& root = heap.result.plan.root;
  Json findings = Json::array(), suppressed = Json::object();
  for (const StoredFinding& finding : heap.findings)
    findings.push_back({{"id", facts_of(finding.invariant).id},
                        {"subject", kSubjectNames[static_cast<std::size_t>(finding.place.subject)]},
                        {"number", finding.place.number},
                        {"address", hex(finding.place.address)},
                        {"text", finding.text}});
  for (const SuppressedFindings& more : heap.suppressed)
    suppressed[facts_of(more.invariant).id] = more.count;
  Json json = describe(heap.site);
  json.update({{"root", hex(heap.site.root)},
               {"audit", name_of(heap.result.end)},
               {"locked", heap.result.locked},
               {"findings", findings},
               {"suppressed", suppressed},
               {"unreadable", heap.unreadable}});
  if (heap.result.end == AuditEnd::complete) {
    const Statistics& statistics = heap.result.statistics;
    std::uint64_t live = 0;
    for (const ClassStatistics& of : statistics.classes) live += of.live;
    json["geometry"] = statistics.geometry;
    json["arenas"] = statistics.arenas;
    json["pools"] = statistics.pools_attached + statistics.pools_listed + statistics.pools_full;
    json["blocks"] = live;
    json["spans"] = statistics.spans;
    json["threads"] = statistics.threads;
    json["live_bytes"] = statistics.live_bytes();
    json["mapped_bytes"] = statistics.mapped_bytes();
  } else if (heap.result.end == AuditEnd::other) {
    json["version"] = root.version;
    json["fingerprint"] = hex(root.fingerprint);
    json["version_read"] = kLayoutVersion;
    json["fingerprint_read"] = hex(kFingerprint);
  }
  if (heap.layer.there())
    json["layer"] = {{"live", heap.layer.counts.live},
                     {"live_bytes", heap.layer.counts.live_bytes},
                     {"freed", heap.layer.counts.freed}};
  if (heap.layer.torn > 0) json["layer"]["torn"] = heap.layer.torn;
  if (heap.layer.end == LayerEnd::other)
    json["layer"] = {{"fingerprint", hex(heap.layer.plan.root.fingerprint)},
                     {"fingerprint_read", hex(kDebugFingerprint)}};
  return json;
}

}  // namespace arenite::cli
