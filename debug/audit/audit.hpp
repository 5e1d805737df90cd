// SPDX-License-Identifier: MIT
// The audit of one heap through a MemoryView: every numbered invariant, in the order in which each
// check may rely on those before. Reads only; bounded by the size of the heap's tables; what it
// meets becomes a finding, never a crash; goes on after the first. Allocates nothing from any heap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>

#include "debug/audit/audit_arenas.hpp"
#include "debug/audit/audit_lists.hpp"
#include "debug/audit/audit_pools.hpp"
#include "debug/audit/audit_root.hpp"
#include "debug/audit/audit_statistics.hpp"
#include "debug/audit/audit_threads.hpp"

namespace arenite {

/// What is known of the heap's process; what is not known is not checked.
struct AuditSubject {
  Address root = 0;
  /// What the process can access, at least within the reservation (A5, S2).
  const Regions* accessible = nullptr;
  /// Of the library that owns the root (R3).
  std::span<const std::uint8_t> build_id;
  /// Its threads' numbers, ascending (T1).
  std::span<const std::uint64_t> threads;
};

enum class AuditEnd : std::uint8_t {
  complete,
  no_root,    ///< the root could not be read
  other,      ///< a heap of another layout: R1 says which
  gated,      ///< the root cannot be believed: R1, R2 or A1 say why
  no_memory,  ///< none to work in
};

/// A heap that was audited; large, so that nobody needs to allocate it.
struct AuditResult {
  AuditEnd end = AuditEnd::no_root;
  /// A lock word was held: a thread was inside an operation on lists.
  bool locked = false;
  HeapPlan plan;
  Statistics statistics;
};

/// Whether a thread was inside an operation on lists when this copy was made.
inline bool lock_held(const HeapRoot<Remote>& root) {
  if (root.range_lock != 0 || root.thread_lock != 0) return true;
  return std::any_of(std::begin(root.lists), std::end(root.lists),
                     [](const ClassList<Remote>& list) { return list.lock != 0; });
}

template <MemoryView View>
void audit_heap(const View& view, const AuditSubject& subject, Findings& findings,
                AuditResult& result) {
  HeapPlan& plan = result.plan;
  RootAudit root(plan, findings);
  if (!root.admit(view, subject.root)) {
    const bool other = plan.root.cookie == kRootCookie && findings.count(Invariant::R1) != 0;
    result.end = findings.unreadable_count() != 0 ? AuditEnd::no_root
                 : other                          ? AuditEnd::other
                                                  : AuditEnd::gated;
    return;
  }
  result.locked = lock_held(plan.root);

  Marks marks(plan);
  if (!marks.had()) {
    result.end = AuditEnd::no_memory;
    return;
  }
  const AuditContext<View> context{view, plan, marks, findings};
  root.check_build_id(subject.build_id);
  ArenaAudit<View>(context).run();
  ThreadAudit<View>(context, subject.threads).run();
  ListAudit<View>(context).run();
  PoolAudit<View>(context).run();
  StatisticsAudit<View> statistics(context, result.statistics);
  statistics.run();
  if (subject.accessible != nullptr && subject.accessible->complete()) {
    root.check_guards(*subject.accessible);
    statistics.check_mappings(*subject.accessible);
  }
  result.end = AuditEnd::complete;
}

}  // namespace arenite
