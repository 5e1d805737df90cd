// SPDX-License-Identifier: MIT
// The audit as a hook of the executor: all invariants of debug/audit, over exactly the memory that
// the heap says is accessible. Any finding, and any read beyond that memory, is reported.
#pragma once

#include <algorithm>
#include <string>

#include "debug/audit/audit.hpp"
#include "debug/audit/finding_line.hpp"
#include "debug/memory/in_process_view.hpp"
#include "layout/root.hpp"

namespace arenite::model {

class HeapAudit {
 public:
  template <class Heap>
  std::string operator()(const Heap& heap) const {
    return audit(heap.root());
  }

 private:
  static std::string audit(const HeapRoot<Native>& root) {
    // Some hundred KiB, of no use between audits.
    static thread_local AuditResult result;
    const Address at = reinterpret_cast<Address>(&root);
    Region readable_storage[8], accessible_storage[8];
    const Regions readable = regions_of(root, {at, at + sizeof root}, readable_storage);
    const Regions accessible = regions_of(root, {0, 0}, accessible_storage);
    std::string lines;
    const AuditSubject subject{at, &accessible, {}, {}};
    Findings findings(&add_line, &lines);
    audit_heap(InProcessView(readable), subject, findings, result);
    if (findings.unreadable_count() != 0)
      lines += "the audit read what is not accessible, first at " +
               std::string((Text<32>() << Hex{findings.first_unreadable()}).c_str());
    if (lines.empty() && result.end != AuditEnd::complete) lines = "the audit gave up";
    return lines;
  }

  /// What is committed of the reservation, and one region more.
  template <std::size_t N>
  static Regions regions_of(const HeapRoot<Native>& root, Region more, Region (&storage)[N]) {
    const Stretch<Native>* const stretches[] = {&root.arenas,  &root.class_bytes, &root.pools,
                                                &root.bitmaps, &root.shelves,     &root.threads,
                                                &root.range};
    Region unordered[8] = {more};
    for (std::size_t i = 0; i < 7; ++i)
      unordered[i + 1] = {
          stretches[i]->address,
          stretches[i]->address + stretches[i]->committed.load(std::memory_order_relaxed)};
    std::sort(std::begin(unordered), std::end(unordered),
              [](const Region& a, const Region& b) { return a.begin < b.begin; });
    Regions regions(storage, N);
    for (const Region& region : unordered) regions.add(region.begin, region.end);
    return regions;
  }

  static void add_line(void* lines, const Finding& finding) {
    FindingLine line;
    write_finding(finding, line);
    *static_cast<std::string*>(lines) += std::string(line.c_str()) + "\n";
  }
};

}  // namespace arenite::model
