// SPDX-License-Identifier: MIT
// `arenite sites`: who has the memory, and who keeps the rest from going back.
#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/cli/ending.hpp"
#include "debug/cli/progress.hpp"
#include "debug/cli/site_table.hpp"
#include "debug/cli/style.hpp"
#include "debug/cli/units.hpp"
#include "debug/target/examine.hpp"

namespace arenite::cli {
namespace {

struct Request {
  Source source;
  Format format = Format::text;
  bool pins = false;
  bool stacks = false;
  std::size_t limit = 20;
};

void print_live(const HeapSites& heap, const SiteCount& site, const SiteCount& total,
                StackNames& names) {
  fmt::print("{:>10}  {:>5.1f} %  {:>10}  {}\n", bytes_text(site.bytes),
             percent(site.bytes, total.bytes), site.blocks, label_of(site.site, heap, names));
}

void print_pins(const HeapSites& heap, const SiteCount& site, StackNames& names) {
  fmt::print("{:>10}  {:>10}  {:>10}  {:>8}  {:>7}  {:>7}  {}\n", bytes_text(site.kept()),
             bytes_text(site.bytes), site.blocks, site.pools, site.pools_alone, site.arenas_alone,
             label_of(site.site, heap, names));
}

void print_stack(const Site& site, StackNames& names) {
  if (site.kind != Site::Kind::stack) return;
  for (const NamedFrame& frame : names.of(site.number)) fmt::print("{:>12}{}\n", "", frame.text());
}

void print_heap(const HeapSites& heap, const Request& request, StackNames& names) {
  const SiteCount total = heap.total();
  const Style style(STDOUT_FILENO);
  fmt::print("{}\n{} live in {} blocks; {} more kept in their pools\n", name_of(heap.site),
             bytes_text(total.bytes), total.blocks, bytes_text(total.kept()));
  if (!heap.traced) fmt::print("sites are size classes: the debug layer is not there\n");
  if (heap.unclear > 0) fmt::print("{} pools could not be read\n", heap.unclear);
  fmt::print(
      "{}\n",
      style.strong(request.pins
                       ? fmt::format("\n{:>10}  {:>10}  {:>10}  {:>8}  {:>7}  {:>7}  {}", "kept",
                                     "live", "blocks", "pools", "alone", "arenas", "site")
                       : fmt::format("\n{:>10}  {:>7}  {:>10}  {}", "live", "", "blocks", "site")));
  std::size_t rest = heap.sites.size();
  for (const SiteCount& site : heap.sites) {
    if (request.limit != 0 && heap.sites.size() - rest == request.limit) break;
    request.pins ? print_pins(heap, site, names) : print_live(heap, site, total, names);
    if (request.stacks) print_stack(site.site, names);
    --rest;
  }
  if (rest > 0) fmt::print("and {} more; --limit 0 shows all\n", rest);
}

int run(const Request& request) {
  std::vector<HeapSites> heaps;
  StackNames names;
  Progress progress("counting blocks");
  const Examination examination = examine(
      request.source,
      [&](const AnyView& view, const Examination& seen) {
        heaps = count_all_sites(view, seen, names);
      },
      Standing::briefly, progress.told());
  progress.clear();
  Json json = describe(examination.facts);
  json["heaps"] = Json::array();
  if (request.format == Format::text)
    fmt::print("process {} ({})\n", examination.facts.pid, examination.facts.command);
  for (HeapSites& heap : heaps) {
    sort_sites(heap.sites, request.pins ? SiteOrder::kept_bytes : SiteOrder::live_bytes);
    if (request.format == Format::text) {
      print_heap(heap, request, names);
      continue;
    }
    Json sites = Json::array();
    for (const SiteCount& site : heap.sites) sites.push_back(describe(site, heap, names));
    Json one = describe(heap.site);
    one.update({{"by", heap.traced ? "stack" : "class"},
                {"unclear_pools", heap.unclear},
                {"total", describe(heap.total())},
                {"sites", std::move(sites)}});
    json["heaps"].push_back(std::move(one));
  }
  if (request.format == Format::json) fmt::print("{}\n", dump(json));
  return end_of(examination);
}

}  // namespace

void add_sites(CommandLine& line) {
  auto [sub, request] = line.add<Request>(
      "sites", "Count live blocks by the stack that allocated them, or by class", run,
      "  arenite sites --pid 4711              who has the memory\n"
      "  arenite sites --pid 4711 --pins       whose blocks keep free memory from going back\n"
      "  arenite sites --pid 4711 --stacks     the same, with who called whom\n"
      "  arenite sites --snapshot before.arn --format json\n");
  add_source(sub, request.source);
  add_format(sub, request.format);
  sub.add_flag("--pins", request.pins,
               "by the memory their pools hold beside them, which would go back but for them");
  sub.add_flag("--stacks", request.stacks, "with the whole stack of each, innermost first");
  sub.add_option("--limit", request.limit, "sites to print as text; 0: all. 20 if not given");
}

}  // namespace arenite::cli
