// SPDX-License-Identifier: MIT
// What must hold of a heap once the threads of a protocol are through. Not instrumented.
#pragma once

#include "layout/root.hpp"

namespace arenite::schedule {

/// Fails the run if the audit has a finding.
void check_heap(const HeapRoot<Native>& root);

}  // namespace arenite::schedule
