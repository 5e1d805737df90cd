// SPDX-License-Identifier: MIT
// The sites of every heap of an examination, counted, for whatever prints or exports them.
#pragma once

#include <string>
#include <vector>

#include "debug/census/traces.hpp"
#include "debug/cli/heap_json.hpp"
#include "debug/cli/stack_names.hpp"

namespace arenite::cli {

struct HeapSites {
  HeapSite site;
  bool traced = false;        ///< the debug layer is there: sites are stacks
  std::uint64_t unclear = 0;  ///< pools that could not be read
  std::vector<SiteCount> sites;
  std::vector<ClassRecord> classes;

  SiteCount total() const;
};

enum class SiteOrder { live_bytes, kept_bytes };

/// Counts while memory can be read; sites of equal weight by their number.
HeapSites count_sites(const AnyView& view, const HeapReport& heap, const Traces& traces);
void sort_sites(std::vector<SiteCount>& sites, SiteOrder order);

/// Those of a whole examination, stacks taken in for `names`.
std::vector<HeapSites> count_all_sites(const AnyView& view, const Examination& seen,
                                       StackNames& names);

/// "class 12: 208 bytes"; of a stack, the frame that says most.
std::string label_of(const Site& site, const HeapSites& heap, StackNames& names);
Json describe(const SiteCount& count, const HeapSites& heap, StackNames& names);
/// The numbers alone.
Json describe(const SiteCount& count);

}  // namespace arenite::cli
