// SPDX-License-Identifier: MIT
// `arenite map`: heaps as a page for a browser, at one instant or at several.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "debug/census/traces.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/stack_names.hpp"
#include "debug/cli/units.hpp"
#include "debug/map/document.hpp"
#include "debug/map/frame_reader.hpp"
#include "debug/map/page.hpp"
#include "debug/memory/residency.hpp"
#include "debug/memory/whole_file.hpp"
#include "debug/target/examine.hpp"

namespace arenite::cli {
namespace {

struct Request {
  pid_t pid = 0;
  std::string core;
  std::vector<std::string> snapshots;
  std::string output;
  /// Leaves the map of a heap of 1 GiB below 500 KB.
  std::size_t detail_bytes = 128 << 10;
  Format format = Format::text;
};

/// What one source brought, a heap at a time.
struct Seen {
  std::size_t place = 0;  ///< on the command line
  Examination examination;
  std::vector<map::HeapTraits> traits;
  std::vector<map::FrameFacts> facts;
  std::vector<map::HeapFrame> frames;
  std::vector<std::vector<map::Site>> sites;  ///< of the frames' stacks
};

std::string name_of(const Source& source) {
  if (source.pid != 0) return fmt::format("process {}", source.pid);
  const std::string& path = source.core.empty() ? source.snapshot : source.core;
  return std::filesystem::path(path).filename().string();
}

map::FrameFacts facts_of(const Source& source, const Examination& examination,
                         const HeapReport& heap) {
  map::FrameFacts facts;
  facts.source = name_of(source);
  facts.command = examination.facts.command;
  facts.module = name_of(heap.site);
  facts.torn = examination.torn;
  facts.pid = examination.facts.pid;
  facts.time_ms = examination.facts.time_ns / 1000000;
  facts.range = heap.result.plan.root.range.address;
  facts.table_bytes = heap.result.statistics.table_bytes();
  facts.mapped_bytes = heap.result.statistics.mapped_bytes();
  return facts;
}

/// Named when the process runs again: that takes its time.
std::vector<map::Site> sites_of(const map::HeapFrame& frame, StackNames& names) {
  std::vector<map::Site> sites;
  for (const StackId stack : frame.stacks) {
    map::Site& site = sites.emplace_back();
    site.name = names.culprit(stack);
    for (const NamedFrame& named : names.of(stack)) site.stack.push_back(named.text());
  }
  return sites;
}

/// Of a process, as it is when it runs again; of a snapshot, what stands in it; or empty.
std::vector<std::uint8_t> residency_of(const Source& source, const ProcessFacts& facts,
                                       Address range, std::uint32_t pool_bytes,
                                       std::uint32_t pools) {
  if (source.pid != 0) return resident_pages(source.pid, range, pools, pool_bytes);
  for (const Residency& known : facts.residency) {
    if (known.begin != range || known.stretch_bytes != pool_bytes || known.pages.size() < pools)
      continue;
    return {known.pages.begin(), known.pages.begin() + pools};
  }
  return {};
}

Seen look(const Source& source, std::size_t detail_bytes) {
  Seen seen;
  StackNames names;
  const AtRest read = [&](const AnyView& view, const Examination& now) {
    const Traces traces = traces_of(view, now);
    if (traces.there()) names.take_modules(view, now.facts);
    for (const HeapReport& heap : now.heaps) {
      if (!heap.complete()) continue;
      const HeapPlan& plan = heap.result.plan;
      // One layer serves a process: its blocks on guard pages go with the heap it is of.
      map::HeapFrame frame =
          map::read_frame(view, plan, detail_bytes,
                          {traces.find, heap.layer.there() ? traces.each_on_pages : nullptr});
      for (const StackId stack : frame.stacks) names.take(stack, traces);
      seen.traits.push_back(map::traits_of(plan));
      seen.facts.push_back(facts_of(source, now, heap));
      seen.frames.push_back(std::move(frame));
    }
  };
  Progress progress("reading " + name_of(source));
  seen.examination = examine(source, read, Standing::briefly, progress.told());
  progress.clear();
  for (const map::HeapFrame& frame : seen.frames) seen.sites.push_back(sites_of(frame, names));
  for (std::size_t i = 0; i < seen.frames.size(); ++i)
    seen.frames[i].pools.resident =
        residency_of(source, seen.examination.facts, seen.facts[i].range, seen.traits[i].pool_bytes,
                     seen.frames[i].pool_count);
  return seen;
}

std::vector<Source> sources_of(const Request& request) {
  std::vector<Source> sources;
  for (const std::string& snapshot : request.snapshots) sources.emplace_back().snapshot = snapshot;
  if (!request.core.empty()) sources.emplace_back().core = request.core;
  if (request.pid != 0) sources.emplace_back().pid = request.pid;
  return sources;
}

/// One count for each site, most bytes first.
void merge(std::vector<map::OnPagesCount>& counts) {
  std::map<std::uint16_t, map::OnPagesCount> merged;
  for (const map::OnPagesCount& count : counts) {
    map::OnPagesCount& one = merged[count.site];
    one.site = count.site;
    one.blocks += count.blocks;
    one.bytes += count.bytes;
  }
  counts.clear();
  for (const auto& [site, count] : merged) counts.push_back(count);
  std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return std::pair(b.bytes, a.site) < std::pair(a.bytes, b.site);
  });
}

/// Turns places in the sites of a frame into places in those of its heap. Stacks with one culprit
/// are one site: a map has few colours.
void unite(const std::vector<map::Site>& own, map::HeapFrame& frame,
           std::vector<map::Site>& sites) {
  std::vector<std::uint16_t> places;
  for (const map::Site& site : own) {
    const auto same = [&](const map::Site& other) { return other.name == site.name; };
    const auto found = std::find_if(sites.begin(), sites.end(), same);
    places.push_back(static_cast<std::uint16_t>(found - sites.begin()));
    if (found == sites.end()) sites.push_back(site);
  }
  const auto move = [&](std::uint16_t& place) {
    if (place < places.size()) place = places[place];
  };
  for (std::uint16_t& place : frame.pools.site) move(place);
  for (map::OnPagesCount& count : frame.on_pages.sites) move(count.site);
  for (map::OnPagesStretch& stretch : frame.on_pages.stretches) move(stretch.site);
  merge(frame.on_pages.sites);
}

/// The n-th heap of one source is the n-th of another if it is built alike.
std::vector<map::MappedHeap> join(std::vector<Seen>& all) {
  std::sort(all.begin(), all.end(), [](const Seen& a, const Seen& b) {
    return std::pair(a.examination.facts.time_ns, a.place) <
           std::pair(b.examination.facts.time_ns, b.place);
  });
  std::vector<map::MappedHeap> heaps;
  std::vector<std::size_t> places;
  for (Seen& seen : all)
    for (std::size_t i = 0; i < seen.frames.size(); ++i) {
      std::size_t k = 0;
      while (k < heaps.size() && (places[k] != i || heaps[k].traits != seen.traits[i])) ++k;
      if (k == heaps.size()) {
        heaps.emplace_back().traits = seen.traits[i];
        places.push_back(i);
      }
      unite(seen.sites[i], seen.frames[i], heaps[k].sites);
      heaps[k].facts.push_back(std::move(seen.facts[i]));
      heaps[k].frames.push_back(std::move(seen.frames[i]));
    }
  return heaps;
}

void report(const Request& request, const std::vector<map::MappedHeap>& heaps, std::size_t bytes) {
  Json json{{"file", request.output}, {"bytes", bytes}, {"heaps", Json::array()}};
  if (request.format == Format::text) fmt::print("{}: {}\n", request.output, bytes_text(bytes));
  for (const map::MappedHeap& heap : heaps) {
    const map::FrameFacts& facts = heap.facts.back();
    const map::HeapFrame& frame = heap.frames.back();
    std::uint64_t blocks = 0;
    for (const map::OnPagesCount& count : frame.on_pages.sites) blocks += count.blocks;
    if (request.format == Format::text)
      fmt::print(
          "  {} ({}), {}: {} pools in {} arenas{}{}\n", facts.command, facts.pid, facts.module,
          frame.pool_count, frame.pool_count / kArenaPools,
          heap.frames.size() > 1 ? fmt::format(", {} times", heap.frames.size()) : "",
          blocks > 0 ? fmt::format(", {} live blocks on guard pages beside them", blocks) : "");
    json["heaps"].push_back({{"module", facts.module},
                             {"pools", frame.pool_count},
                             {"frames", heap.frames.size()},
                             {"blocks_on_pages", blocks},
                             {"pools_in_detail", frame.detail.pools.size()}});
  }
  if (request.format == Format::json) fmt::print("{}\n", dump(json));
}

int run(const Request& request) {
  const std::vector<Source> sources = sources_of(request);
  std::vector<Seen> all;
  for (const Source& source : sources) {
    all.push_back(look(source, request.detail_bytes / sources.size()));
    all.back().place = all.size();
  }
  const std::vector<map::MappedHeap> heaps = join(all);
  if (!heaps.empty()) {
    const std::string page = map::make_page(map::encode(heaps));
    write_whole_file(request.output, page);
    report(request, heaps, page.size());
  }
  int code = 0;
  for (const Seen& seen : all) code = std::max(code, end_of(seen.examination));
  return code;
}

}  // namespace

void add_map(CommandLine& line) {
  auto [sub, request] =
      line.add<Request>("map", "Draw a heap as a page for a browser", run,
                        "  arenite map -o heap.html --pid 4711\n"
                        "  arenite map -o change.html --snapshot before.arn --snapshot after.arn\n"
                        "  arenite map -o heap.html --snapshot heap.arn --detail 4194304\n");
  CommandOptions group =
      sub.add_group("source", "what to draw; at least one, several for a timeline");
  group.add_option("--pid", request.pid, "a process").positive();
  group.add_option("--core", request.core, "a core file");
  group.add_option("--snapshot", request.snapshots, "a file that `arenite snapshot` wrote")
      .single_values();
  group.require_at_least_one();
  sub.add_option("-o,--output", request.output, "the file to write").required();
  sub.add_option("--detail", request.detail_bytes,
                 "bytes of free bitmaps that go in, those of the most pinned arenas first: which "
                 "blocks can be seen one by one. 131072 if not given");
  add_format(sub, request.format);
}

}  // namespace arenite::cli
