// SPDX-License-Identifier: MIT
#include <cstdio>

#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/progress.hpp"
#include "debug/report/names.hpp"
#include "debug/target/examine.hpp"

namespace arenite::cli {
namespace {

void print(void*, const char* text, std::size_t bytes) {
  std::fwrite(text, 1, bytes, stdout);
}

/// Live blocks by how they were asked for, which the debug layer alone knows: of a Python process,
/// its domains.
void print_families(const LayerCounts& counts) {
  fmt::print("  {} live blocks, {} bytes requested, by how they were asked for\n", counts.live,
             counts.live_bytes);
  for (std::size_t i = 0; i < kFamilyCount; ++i)
    if (const FamilyCount& family = counts.families[i]; family.blocks != 0)
      fmt::print("    {:<20}{:>12} blocks{:>16} bytes\n",
                 family_name(Family{static_cast<std::uint8_t>(i)}), family.blocks, family.bytes);
}

/// They lie outside the heap, so none of the lines above has them.
void print_on_pages(const PageCounts& counts) {
  if (counts.live + counts.freed == 0) return;
  fmt::print(
      "  on guard pages, beside the heap: {} live blocks, {} bytes requested in {} bytes of open "
      "pages; {} freed\n",
      counts.live, counts.live_bytes, counts.open_bytes, counts.freed);
}

Json describe_on_pages(const PageCounts& counts) {
  return {{"live", counts.live},
          {"live_bytes", counts.live_bytes},
          {"open_bytes", counts.open_bytes},
          {"freed", counts.freed}};
}

Json describe_families(const LayerCounts& counts) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kFamilyCount; ++i)
    json[family_name(Family{static_cast<std::uint8_t>(i)})] = {
        {"blocks", counts.families[i].blocks}, {"bytes", counts.families[i].bytes}};
  return json;
}

struct Request {
  Source source;
  Format format = Format::text;
};

int run(const Request& request) {
  const Source& source = request.source;
  const Format format = request.format;
  Progress progress("auditing");
  const Examination examination = examine(source, {}, Standing::briefly, progress.told());
  progress.clear();
  Json json = describe(examination.facts);
  json["heaps"] = Json::array();
  for (const HeapReport& heap : examination.heaps) {
    if (heap.result.end != AuditEnd::complete) continue;
    if (format == Format::text) {
      fmt::print("process {} ({}), {}\n", examination.facts.pid, examination.facts.command,
                 name_of(heap.site));
      print_text(heap.result.statistics, {print, nullptr});
      std::fflush(stdout);
      if (heap.layer.there()) {
        print_families(heap.layer.counts);
        print_on_pages(heap.layer.counts.on_pages);
      }
    } else {
      Json one = describe(heap.result.statistics);
      one.update(describe(heap.site));
      if (heap.layer.there()) {
        one["families"] = describe_families(heap.layer.counts);
        one["on_pages"] = describe_on_pages(heap.layer.counts.on_pages);
      }
      json["heaps"].push_back(std::move(one));
    }
  }
  if (format == Format::json) fmt::print("{}\n", dump(json));
  return end_of(examination);
}

}  // namespace

void add_stat(CommandLine& line) {
  auto [sub, request] = line.add<Request>("stat", "Say what every mapped byte is used for", run,
                                          "  arenite stat --pid 4711\n"
                                          "  arenite stat --core core.4711 --format json\n");
  add_source(sub, request.source);
  add_format(sub, request.format);
}

}  // namespace arenite::cli
