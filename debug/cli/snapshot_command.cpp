// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "debug/cli/commands.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/snapshot/writer.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

std::string facts_text(const Examination& examination) {
  std::string text = fmt::format("command {}\n", examination.facts.command);
  if (!examination.facts.threads.empty())
    text += fmt::format("threads {}\n", fmt::join(examination.facts.threads, " "));
  for (const HeapReport& heap : examination.heaps) {
    const std::string build_id =
        heap.site.build_id.empty() ? "-" : fmt::format("{:02x}", fmt::join(heap.site.build_id, ""));
    text += fmt::format("heap {:x} {} {}\n", heap.site.root, build_id, heap.site.module);
  }
  return text;
}

std::string mappings_text(const Examination& examination) {
  std::string text;
  for (const Mapping& mapping : examination.facts.mappings)
    for (const HeapReport& heap : examination.heaps) {
      const HeapRoot<Remote>& root = heap.result.plan.root;
      if (heap.result.end != AuditEnd::complete || mapping.end <= root.reservation ||
          mapping.begin >= root.reservation + root.reservation_bytes)
        continue;
      text +=
          fmt::format("{:x}-{:x} {}{}{}p {:08x} 00:00 {} {}\n", mapping.begin, mapping.end,
                      mapping.readable ? 'r' : '-', mapping.writable ? 'w' : '-',
                      mapping.executable ? 'x' : '-', mapping.offset, mapping.inode, mapping.path);
      break;
    }
  return text;
}

/// Read while the process runs again: it must not stand for this.
std::string residency_lines(pid_t pid, const Examination& examination) {
  std::string text;
  for (const HeapReport& heap : examination.heaps) {
    const HeapPlan& plan = heap.result.plan;
    if (pid == 0 || !heap.complete()) continue;
    const Residency residency{
        plan.root.range.address, plan.root.pool_bytes,
        resident_pages(pid, plan.root.range.address, plan.pool_count, plan.root.pool_bytes)};
    if (!residency.pages.empty()) text += fmt::format("resident {}\n", residency_text(residency));
  }
  return text;
}

}  // namespace

int take_snapshot(const Source& source, const std::string& path, bool full, Format format) {
  snapshot::Writer writer(path);
  std::uint64_t missing = 0;
  const AtRest save = [&](const AnyView& view, const Examination& seen) {
    snapshot::FileHeader header{};
    header.flags = (seen.torn.empty() ? 0 : snapshot::kTorn) | (full ? snapshot::kFull : 0);
    header.fingerprint = kFingerprint;
    header.pid = static_cast<std::uint64_t>(seen.facts.pid);
    header.time_ns = seen.facts.time_ns;
    writer.begin(header);
    writer.text(snapshot::Kind::facts, facts_text(seen));
    writer.text(snapshot::Kind::mappings, mappings_text(seen));
    for (const HeapReport& heap : seen.heaps) {
      if (heap.result.end != AuditEnd::complete)
        throw CannotTell("the heap cannot be saved: " + std::string(name_of(heap.result.end)));
      for (const Region& stretch : snapshot::heap_stretches(heap.result.plan, full))
        missing += writer.memory(view, stretch);
    }
  };
  const Examination examination =
      examine(source, save, full ? Standing::throughout : Standing::briefly);
  writer.text(snapshot::Kind::facts, residency_lines(source.pid, examination));
  const std::uint64_t bytes = writer.finish();
  if (format == Format::json) {
    Json json = describe(examination.facts);
    json["file"] = path;
    json["bytes"] = bytes;
    json["torn"] = !examination.torn.empty();
    json["missing_bytes"] = missing;
    json["findings"] = examination.finding_count();
    fmt::print("{}\n", dump(json));
  } else {
    fmt::print("{}: {} bytes, process {} ({}){}\n", path, bytes, examination.facts.pid,
               examination.facts.command,
               examination.torn.empty() ? "" : ", torn: " + examination.torn);
  }
  if (missing == 0) return kClean;
  std::fflush(stdout);
  fmt::print(stderr,
             "arenite: {} bytes of the heap could not be read and are not in the snapshot\n",
             missing);
  return kCannotTell;
}

}  // namespace arenite::cli
