// SPDX-License-Identifier: MIT
// S2: what is mapped is accounted for, byte by byte; and it is what the process has mapped.
#pragma once

#include "debug/audit/audit_root.hpp"
#include "debug/audit/marks.hpp"
#include "debug/memory/regions.hpp"
#include "heap/statistics.hpp"

namespace arenite {

template <MemoryView View>
class StatisticsAudit {
 public:
  /// `statistics`: room to work in, and the result; with it the caller can report.
  StatisticsAudit(const AuditContext<View>& context, Statistics& statistics)
      : context_(context), statistics_(statistics) {}

  void run() {
    StatisticsCollector<View> collector(context_.view, plan().root, statistics_);
    // What could not be read has been said by the walks before this.
    if (!collector.collect()) return;
    const std::uint64_t mapped = statistics_.mapped_bytes();
    const std::uint64_t accounted = statistics_.accounted_bytes();
    if (mapped != accounted && !explained())
      add({Subject::root, mapped - accounted, plan().root_address},
          Message{} << mapped << " bytes are mapped, " << accounted << " accounted for");
  }

  void check_mappings(const Regions& accessible) {
    const Stretch<Remote>* stretches[] = {
        &plan().root.arenas,  &plan().root.class_bytes, &plan().root.pools, &plan().root.bitmaps,
        &plan().root.shelves, &plan().root.threads,     &plan().root.range};
    for (std::uint32_t i = 0; i < 7; ++i) {
      const Stretch<Remote>& stretch = *stretches[i];
      const std::uint64_t bytes =
          accessible.overlap(stretch.address, stretch.address + stretch.bytes);
      if (bytes != stretch.committed || !accessible.holds_all(stretch.address, stretch.committed))
        add({Subject::table, i, stretch.address},
            Message{} << RootAudit::kStretchNames[i] << ": the root says the first "
                      << stretch.committed << " bytes are accessible; of the stretch " << bytes
                      << " are");
    }
  }

 private:
  const HeapPlan& plan() const { return context_.plan; }
  void add(Place place, const Message& message) {
    context_.findings.add(Invariant::S2, place, message);
  }
  /// A pool whose use is in doubt, or a block that is in two places, was found already.
  bool explained() const {
    for (const Invariant other :
         {Invariant::A2, Invariant::A3, Invariant::P1, Invariant::P2, Invariant::B1, Invariant::B2,
          Invariant::L1, Invariant::T1, Invariant::T2, Invariant::S1})
      if (context_.findings.count(other) != 0) return true;
    return false;
  }

  const AuditContext<View>& context_;
  Statistics& statistics_;
};

}  // namespace arenite
