// SPDX-License-Identifier: MIT
#include "debug/cli/site_table.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "debug/blocks/block_walk.hpp"
#include "debug/memory/cannot_tell.hpp"

namespace arenite::cli {
namespace {

const char* kind_name(Site::Kind kind) {
  constexpr std::array kNames{"class", "span", "stack", "quarantine"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace

SiteCount HeapSites::total() const {
  SiteCount sum;
  for (const SiteCount& one : sites) {
    sum.blocks += one.blocks;
    sum.bytes += one.bytes;
    sum.requested += one.requested;
    sum.pools += one.pools;
    sum.kept_alone += one.kept_alone;
    sum.kept_shared += one.kept_shared;
  }
  return sum;
}

HeapSites count_sites(const AnyView& view, const HeapReport& heap, const Traces& traces) {
  const HeapPlan& plan = heap.result.plan;
  BlockWalk<AnyView> walk(view, plan);
  if (!walk.had()) throw CannotTell("there is no memory to count blocks in");
  SiteCounts counts(plan.root.page_bytes, plan.root.pool_bytes, traces.find);
  walk.each_pool([&](const WalkedPool& pool) { counts.add(pool); });
  counts.finish();
  // One layer serves a process: its blocks on guard pages go with the heap it is of.
  if (traces.each_on_pages != nullptr && heap.layer.there())
    traces.each_on_pages([&](const BlockFacts& facts) { counts.add_on_pages(facts); });
  HeapSites counted;
  counted.traced = traces.there();
  counted.site = heap.site;
  counted.unclear = walk.unclear();
  counted.sites = counts.counts();
  counted.classes.assign(plan.root.classes, plan.root.classes + plan.root.class_count);
  return counted;
}

void sort_sites(std::vector<SiteCount>& sites, SiteOrder order) {
  const auto weight = [order](const SiteCount& count) {
    return order == SiteOrder::live_bytes ? count.bytes : count.kept();
  };
  std::sort(sites.begin(), sites.end(), [&](const SiteCount& a, const SiteCount& b) {
    return std::tuple(weight(b), b.blocks, a.site) < std::tuple(weight(a), a.blocks, b.site);
  });
}

std::vector<HeapSites> count_all_sites(const AnyView& view, const Examination& seen,
                                       StackNames& names) {
  const Traces traces = traces_of(view, seen);
  std::vector<HeapSites> heaps;
  for (const HeapReport& heap : seen.heaps)
    if (heap.complete()) heaps.push_back(count_sites(view, heap, traces));
  if (!traces.there()) return heaps;
  names.take_modules(view, seen.facts);
  for (const HeapSites& heap : heaps)
    for (const SiteCount& count : heap.sites)
      if (count.site.kind == Site::Kind::stack && count.site.number != 0)
        names.take(count.site.number, traces);
  return heaps;
}

std::string label_of(const Site& site, const HeapSites& heap, StackNames& names) {
  switch (site.kind) {
    case Site::Kind::size_class:
      return fmt::format(
          "class {}: {} bytes", site.number,
          site.number < heap.classes.size() ? heap.classes[site.number].block_bytes : 0);
    case Site::Kind::span:
      return "spans";
    case Site::Kind::quarantine:
      return "freed blocks in quarantine";
    case Site::Kind::stack:
      break;
  }
  return names.culprit(site.number);
}

Json describe(const SiteCount& count) {
  return {{"blocks", count.blocks},
          {"live_bytes", count.bytes},
          {"requested_bytes", count.requested},
          {"pools", count.pools},
          {"pools_alone", count.pools_alone},
          {"arenas_alone", count.arenas_alone},
          {"kept_bytes_alone", count.kept_alone},
          {"kept_bytes_shared", count.kept_shared}};
}

Json describe(const SiteCount& count, const HeapSites& heap, StackNames& names) {
  Json json{{"kind", kind_name(count.site.kind)}, {"label", label_of(count.site, heap, names)}};
  if (count.site.kind == Site::Kind::size_class) {
    json["class"] = count.site.number;
    json["block_bytes"] =
        count.site.number < heap.classes.size() ? heap.classes[count.site.number].block_bytes : 0;
  }
  if (count.site.kind == Site::Kind::stack) json["stack"] = describe(names.of(count.site.number));
  json.update(describe(count));
  return json;
}

}  // namespace arenite::cli
