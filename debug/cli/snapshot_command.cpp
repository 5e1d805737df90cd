// SPDX-License-Identifier: MIT
#include <elf.h>

#include <array>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "debug/census/root_memory.hpp"
#include "debug/census/traces.hpp"
#include "debug/cli/commands.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/progress.hpp"
#include "debug/layer/layer_stretches.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/snapshot/heap_stretches.hpp"
#include "debug/snapshot/writer.hpp"
#include "debug/target/examine.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

std::string facts_text(const Examination& examination) {
  std::string text = fmt::format("command {}\n", examination.facts.command);
  if (examination.facts.signal != 0) text += fmt::format("signal {}\n", examination.facts.signal);
  if (!examination.facts.threads.empty())
    text += fmt::format("threads {}\n", fmt::join(examination.facts.threads, " "));
  for (const HeapReport& heap : examination.heaps) {
    const std::string build_id =
        heap.site.build_id.empty() ? "-" : fmt::format("{:02x}", fmt::join(heap.site.build_id, ""));
    text += fmt::format("{} {:x} {} {}\n", heap.site.own ? "own" : "heap", heap.site.root, build_id,
                        heap.site.module);
    if (heap.site.list_ends != 0) text += fmt::format("list_ends {:x}\n", heap.site.list_ends);
  }
  return text;
}

/// Where each thread stood.
std::string contexts_text(const ProcessFacts& facts) {
  std::string text;
  for (const ThreadContext& context : facts.contexts) {
    std::array<std::uint64_t, sizeof context.registers / 8> words;
    std::memcpy(words.data(), &context.registers, sizeof words);
    text += fmt::format("context {} {:x}\n", context.thread, fmt::join(words, " "));
  }
  return text;
}

/// Whether an ELF file is mapped there; its first page is all that is saved of it.
bool is_module(const AnyView& view, const Mapping& mapping) {
  char identity[SELFMAG];
  return view.read(mapping.begin, identity, sizeof identity) &&
         std::memcmp(identity, ELFMAG, SELFMAG) == 0;
}

/// Where pointers into the heaps may lie outside them.
RootMemory root_memory_of(const AnyView& view, const Examination& seen, pid_t live) {
  std::vector<Region> left_out = traces_of(view, seen).tables;
  for (const HeapReport& heap : seen.heaps) {
    const HeapRoot<Remote>& root = heap.result.plan.root;
    left_out.push_back({root.reservation, root.reservation + root.reservation_bytes});
  }
  PresentPages present(live, seen.facts.untouched);
  return root_memory(root_areas(view, seen.facts, disjoint(std::move(left_out))), present);
}

std::string untouched_text(const std::vector<Region>& untouched) {
  std::string text;
  for (const Region& region : untouched)
    text += fmt::format("untouched {:x} {:x}\n", region.begin, region.end);
  return text;
}

/// What is saved of memory: each heap, the debug layer's tables, the first page of each module.
std::vector<Region> stretches_of(const AnyView& view, const Examination& seen, bool full) {
  constexpr std::size_t kPage = 4096;
  std::vector<Region> stretches;
  for (const HeapReport& heap : seen.heaps) {
    if (!heap.complete())
      throw CannotTell("the heap cannot be saved: " + std::string(name_of(heap.result.end)));
    const HeapPlan& plan = heap.result.plan;
    for (const Region& stretch : snapshot::heap_stretches(plan, full)) stretches.push_back(stretch);
    if (heap.site.debug_root != 0)
      stretches.push_back({heap.site.debug_root, heap.site.debug_root + sizeof(DebugRoot<Remote>)});
    if (!heap.layer.there()) continue;
    LayerStretches<AnyView> layer(view, plan, heap.layer.plan);
    for (const Region& stretch : layer.gather(heap.site.debug_root)) stretches.push_back(stretch);
    if (full)
      LayerBlocks<AnyView>(view, plan, heap.layer.plan).each_on_pages([&](const LayerBlock& block) {
        if (block.state != SideState::live) return;
        const PagePlacement place =
            PagePlacement::of(block.facts.begin, block.facts.size, block.pages);
        stretches.push_back({place.open_begin, place.open_begin + place.open_bytes});
      });
  }
  for (const Mapping& mapping : seen.facts.mappings)
    if (mapping.inode != 0 && mapping.offset == 0 && mapping.readable && is_module(view, mapping))
      stretches.push_back({mapping.begin, mapping.begin + kPage});
  return stretches;
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
  Progress progress("saving");
  const AtRest save = [&](const AnyView& view, const Examination& seen) {
    snapshot::FileHeader header{};
    header.flags = (seen.torn.empty() ? 0 : snapshot::kTorn) | (full ? snapshot::kFull : 0);
    header.fingerprint = kFingerprint;
    header.pid = static_cast<std::uint64_t>(seen.facts.pid);
    header.time_ns = seen.facts.time_ns;
    writer.begin(header);
    const RootMemory roots = full ? root_memory_of(view, seen, source.pid) : RootMemory{};
    writer.text(snapshot::Kind::facts,
                facts_text(seen) + contexts_text(seen.facts) + untouched_text(roots.untouched));
    writer.text(snapshot::Kind::mappings, *seen.facts.maps);
    std::vector<Region> stretches = stretches_of(view, seen, full);
    stretches.insert(stretches.end(), roots.touched.begin(), roots.touched.end());
    stretches = disjoint(std::move(stretches));
    std::uint64_t all = 0, done = 0;
    for (const Region& stretch : stretches) all += stretch.end - stretch.begin;
    for (const Region& stretch : stretches)
      missing +=
          writer.memory(view, stretch, [&](std::uint64_t more) { progress.at(done += more, all); });
  };
  const Examination examination =
      examine(source, save, full ? Standing::throughout : Standing::briefly, progress.told());
  progress.clear();
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
