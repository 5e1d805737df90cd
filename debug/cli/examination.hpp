// SPDX-License-Identifier: MIT
// The audit of every heap of a process or a snapshot, with what was known of the process. One shape
// for both, so that commands do not care where memory came from.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "debug/audit/audit.hpp"
#include "debug/memory/heap_sites.hpp"
#include "debug/memory/live_view.hpp"

namespace arenite::cli {

struct StoredFinding {
  Invariant invariant;
  Place place;
  std::string text;
};

struct SuppressedFindings {
  Invariant invariant;
  std::uint64_t count;
};

struct HeapReport {
  HeapSite site;
  AuditResult result;
  std::vector<StoredFinding> findings;
  std::vector<SuppressedFindings> suppressed;
  std::uint64_t unreadable = 0;
  Address first_unreadable = 0;
};

struct ThreadStack {
  std::uint64_t thread;
  Address pointer;
};

/// What is known of a process but for its memory.
struct ProcessFacts {
  pid_t pid = 0;
  std::string command;
  /// Ascending; empty if not known.
  std::vector<std::uint64_t> threads;
  /// Where each thread's stack pointer was; empty if not known.
  std::vector<ThreadStack> stacks;
  std::vector<HeapSite> sites;
  /// Lines of /proc/PID/maps; the mappings' paths lie in it.
  std::unique_ptr<std::string> maps;
  std::vector<Mapping> mappings;
};

struct Examination {
  ProcessFacts facts;
  std::vector<HeapReport> heaps;
  /// Why no look at the process found it at rest; "" if one did.
  std::string torn;
  /// What is wrong with the snapshot file; "" if nothing.
  std::string damage;

  std::uint64_t finding_count() const;
  /// As `ExitCode`; `reason` becomes a sentence if it is kCannotTell.
  int exit_code(std::string& reason) const;
};

/// Takes the mappings out of the text of a maps file.
void take_mappings(std::string text, ProcessFacts& facts);

/// Stops the process, audits its heaps, lets it go; again while a lock is held, and while findings
/// do not persist. `at_rest` is called in the look that counts, while the process still stands.
/// Throws CannotTell if there is no such process or no heap in it.
using AtRest = std::function<void(const LiveView& view, const Examination& examination)>;
Examination examine_process(pid_t pid, const AtRest& at_rest = {});

/// Throws CannotTell if the file is no snapshot or has no heap.
Examination examine_snapshot(const std::string& path);

}  // namespace arenite::cli
