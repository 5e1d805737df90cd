// SPDX-License-Identifier: MIT
// What an examination of a process, a core or a snapshot brings: every heap audited, and what was
// known of the process. One shape for all, so that commands do not care where memory came from.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "debug/audit/audit.hpp"
#include "debug/layer/audit_layer.hpp"
#include "debug/memory/any_view.hpp"
#include "debug/target/process_facts.hpp"
#include "debug/target/watched_view.hpp"

namespace arenite {

struct StoredFinding {
  Invariant invariant;
  Place place;
  std::string text;
};

struct SuppressedFindings {
  Invariant invariant;
  std::uint64_t count;
};

/// The debug layer beside a heap, if the process has one and it is on.
struct LayerReport {
  LayerEnd end = LayerEnd::none;
  /// `LayerBlocks` reads its blocks with it.
  LayerPlan plan;
  LayerCounts counts;
  Contents contents = Contents::absent;
  /// Blocks that the running program freed or changed before what lies around them could be judged.
  std::uint64_t torn = 0;

  bool there() const { return end == LayerEnd::there; }
};

struct HeapReport {
  HeapSite site;
  /// `result.plan` leads to the heap's structures through the view they were read by.
  AuditResult result;
  LayerReport layer;
  std::vector<StoredFinding> findings;
  std::vector<SuppressedFindings> suppressed;
  std::uint64_t unreadable = 0;
  Address first_unreadable = 0;

  bool complete() const { return result.end == AuditEnd::complete; }
};

struct Examination {
  ProcessFacts facts;
  std::vector<HeapReport> heaps;
  /// How long a live process stood for the look that counts.
  std::chrono::nanoseconds stood{0};
  /// Why no look at the process found it at rest; "" if one did.
  std::string torn;
  /// What is wrong with the file; "" if nothing.
  std::string damage;
  /// What the file was saved without, and how to save it with it; "" if nothing.
  std::string lacking;

  std::uint64_t finding_count() const;
  /// For what follows pointers. Throws CannotTell if the file was saved without contents, or if a
  /// heap has another layout: the whole of its reservation would be read for pointers to others.
  void require_contents() const;
  /// As `ExitCode`; `reason` becomes a sentence if it is kCannotTell.
  int exit_code(std::string& reason) const;
};

/// Audits every heap of `examination.facts.sites`, into `examination.heaps`. `contents`: what of
/// users' memory can be read. `now`: of a process that runs, memory as it is at each read; null for
/// what stands still.
void audit_heaps(WatchedView& view, Contents contents, Examination& examination,
                 const AnyView* now = nullptr);

}  // namespace arenite
