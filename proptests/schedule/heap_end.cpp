// SPDX-License-Identifier: MIT
#include "proptests/schedule/heap_end.hpp"

#include "proptests/model/heap_audit.hpp"
#include "proptests/schedule/explorer.hpp"

namespace arenite::schedule {
namespace {

struct HeapOf {
  const HeapRoot<Native>& of;
  const HeapRoot<Native>& root() const { return of; }
};

}  // namespace

void check_heap(const HeapRoot<Native>& root) {
  const std::string findings = model::HeapAudit{}(HeapOf{root});
  if (!findings.empty()) check(false, "audit: " + findings);
}

}  // namespace arenite::schedule
