// SPDX-License-Identifier: MIT
// `arenite export`: sites and totals for other tools.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "debug/census/heap_census.hpp"
#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/pprof.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/site_table.hpp"
#include "debug/memory/whole_file.hpp"
#include "debug/target/examine.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  bool pprof = false, folded = false, json = false, csv = false, prometheus = false;
  std::string output;
};

struct Taken {
  Examination seen;
  std::vector<HeapSites> heaps;
  HeapCensus census;
  StackNames names;
};

/// Innermost first; a site without a stack is one frame.
std::vector<ProfileFrame> frames_of(const SiteCount& site, const HeapSites& heap,
                                    StackNames& names) {
  std::vector<ProfileFrame> frames;
  if (site.site.kind == Site::Kind::stack)
    for (const NamedFrame& frame : names.of(site.site.number))
      frames.push_back({frame.function.empty() ? frame.text() : frame.function, frame.file,
                        frame.line, frame.pc});
  if (frames.empty()) frames.push_back({label_of(site.site, heap, names), "", 0, 0});
  return frames;
}

std::string pprof_of(Taken& taken) {
  Profile profile({{"inuse_objects", "count"}, {"inuse_space", "bytes"}});
  for (const HeapSites& heap : taken.heaps)
    for (const SiteCount& site : heap.sites)
      profile.add(frames_of(site, heap, taken.names), {static_cast<std::int64_t>(site.blocks),
                                                       static_cast<std::int64_t>(site.requested)});
  return gzipped(profile.bytes(0));
}

/// Stacks as flame graphs want them: outermost first, semicolons between, a space, bytes.
std::string folded_of(Taken& taken) {
  std::string text;
  for (const HeapSites& heap : taken.heaps)
    for (const SiteCount& site : heap.sites) {
      std::vector<ProfileFrame> frames = frames_of(site, heap, taken.names);
      std::reverse(frames.begin(), frames.end());
      const char* between = "";
      for (ProfileFrame& frame : frames) {
        std::replace(frame.function.begin(), frame.function.end(), ';', ',');
        text += between + frame.function;
        between = ";";
      }
      text += fmt::format(" {}\n", site.requested);
    }
  return text;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string csv_of(Taken& taken) {
  std::string text =
      "module,site,blocks,live_bytes,requested_bytes,pools,pools_alone,arenas_alone,"
      "kept_bytes_alone,kept_bytes_shared\r\n";
  for (const HeapSites& heap : taken.heaps)
    for (const SiteCount& site : heap.sites)
      text += fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(name_of(heap.site)),
                          csv_field(label_of(site.site, heap, taken.names)), site.blocks,
                          site.bytes, site.requested, site.pools, site.pools_alone,
                          site.arenas_alone, site.kept_alone, site.kept_shared);
  return text;
}

std::string json_of(Taken& taken) {
  Json json = describe(taken.seen.facts);
  const HeapCensus& census = taken.census;
  json["totals"] = {
      {"live_bytes", census.live_bytes},   {"requested_bytes", census.requested_bytes},
      {"live_blocks", census.live_blocks}, {"kept_bytes", census.kept_bytes},
      {"dirty_bytes", census.dirty_bytes}, {"mapped_bytes", census.mapped_bytes},
      {"arenas", census.arenas},           {"pools_used", census.pools_used}};
  json["sites"] = Json::array();
  for (const HeapSites& heap : taken.heaps)
    for (const SiteCount& site : heap.sites)
      json["sites"].push_back(describe(site, heap, taken.names));
  return dump(json) + "\n";
}

std::string label_value(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

/// The text format, version 0.0.4.
std::string prometheus_of(Taken& taken) {
  const HeapCensus& census = taken.census;
  const std::string who = fmt::format("pid=\"{}\",command=\"{}\"", taken.seen.facts.pid,
                                      label_value(taken.seen.facts.command));
  std::string text;
  const auto begin = [&](const char* name, const char* help) {
    text += fmt::format("# HELP arenite_{} {}\n# TYPE arenite_{} gauge\n", name, help, name);
  };
  const auto one = [&](const char* name, const char* help, std::uint64_t value) {
    begin(name, help);
    text += fmt::format("arenite_{}{{{}}} {}\n", name, who, value);
  };
  one("live_bytes", "Bytes of live blocks.", census.live_bytes);
  one("requested_bytes", "Bytes the program asked for, where that is known.",
      census.requested_bytes);
  one("live_blocks", "Live blocks.", census.live_blocks);
  one("kept_bytes", "Bytes of pools in use that are in no live block.", census.kept_bytes);
  one("dirty_bytes", "Bytes of free pools whose pages are still there.", census.dirty_bytes);
  one("mapped_bytes", "Bytes mapped, without guard regions.", census.mapped_bytes);
  one("guard_page_bytes", "Bytes of live blocks on guard pages.", census.on_pages.bytes);
  one("arenas", "Arenas.", census.arenas);
  one("pools_used", "Pools that are not free.", census.pools_used);
  one("findings", "Findings of the audit.", taken.seen.finding_count());
  begin("class_live_blocks", "Live blocks by the bytes of their class; 0 is spans.");
  for (const ClassCensus& of : census.classes)
    if (of.blocks > 0)
      text += fmt::format("arenite_class_live_blocks{{{},block_bytes=\"{}\"}} {}\n", who,
                          of.block_bytes, of.blocks);
  begin("class_kept_bytes", "Bytes of a class's pools that are in no live block.");
  for (const ClassCensus& of : census.classes)
    if (of.kept > 0)
      text += fmt::format("arenite_class_kept_bytes{{{},block_bytes=\"{}\"}} {}\n", who,
                          of.block_bytes, of.kept);
  return text;
}

void write(const std::string& path, const std::string& bytes) {
  if (path.empty()) {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    return;
  }
  write_whole_file(path, bytes);
}

int run(const Request& request) {
  Taken taken;
  Progress progress("counting blocks");
  taken.seen = examine(
      request.source,
      [&](const AnyView& view, const Examination& now) {
        taken.heaps = count_all_sites(view, now, taken.names);
        taken.census = take_census(view, now, traces_of(view, now), false);
      },
      Standing::briefly, progress.told());
  progress.clear();
  for (HeapSites& heap : taken.heaps) sort_sites(heap.sites, SiteOrder::live_bytes);
  write(request.output, request.pprof    ? pprof_of(taken)
                        : request.folded ? folded_of(taken)
                        : request.csv    ? csv_of(taken)
                        : request.json   ? json_of(taken)
                                         : prometheus_of(taken));
  return end_of(taken.seen);
}

}  // namespace

void add_export(CommandLine& line) {
  auto [sub, request] = line.add<Request>(
      "export", "Write sites and totals for other tools", run,
      "  arenite export --pid 4711 --pprof -o heap.pb.gz    then: go tool pprof -http=: "
      "heap.pb.gz\n"
      "  arenite export --pid 4711 --folded | flamegraph.pl > heap.svg\n"
      "  arenite export --pid 4711 --prometheus > /var/lib/node_exporter/arenite.prom\n");
  add_source(sub, request.source);
  CommandOptions group = sub.add_group("as", "one of");
  group.add_flag("--pprof", request.pprof, "pprof's format, gzip: go tool pprof, speedscope");
  group.add_flag("--folded", request.folded, "a stack a line, for flame graphs");
  group.add_flag("--json", request.json, "totals and sites");
  group.add_flag("--csv", request.csv, "sites");
  group.add_flag("--prometheus", request.prometheus, "totals and classes, as text for Prometheus");
  group.require_one();
  sub.add_option("-o,--output", request.output, "the file to write; stdout if not given");
}

}  // namespace arenite::cli
