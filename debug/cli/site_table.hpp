// SPDX-License-Identifier: MIT
// The sites of every heap of an examination, counted, for whatever prints or exports them.
#pragma once

#include <string>
#include <vector>

#include "debug/census/site_counts.hpp"
#include "debug/cli/heap_json.hpp"

namespace arenite::cli {

struct HeapSites {
  std::string module;
  bool traced = false;        ///< the debug layer is there: sites are stacks
  std::uint64_t unclear = 0;  ///< pools that could not be read
  std::vector<SiteCount> sites;
  std::vector<ClassRecord> classes;

  SiteCount total() const;
};

enum class SiteOrder { live_bytes, kept_bytes };

/// Counts while memory can be read; sites of equal weight by their number.
HeapSites count_sites(const AnyView& view, const HeapReport& heap);
void sort_sites(std::vector<SiteCount>& sites, SiteOrder order);

/// "class 12: 208 bytes"
std::string label_of(const Site& site, const HeapSites& heap);
Json describe(const SiteCount& count, const HeapSites& heap);

}  // namespace arenite::cli
