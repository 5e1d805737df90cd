// SPDX-License-Identifier: MIT
// The audit of a heap of this process, while its other threads may be at work. Nothing is stopped,
// so a look may catch a block on its way from one place to another; a finding counts if look after
// look meets it again. Needs nothing but the C library and memory straight from the system.
#pragma once

#include <cstdint>

#include "debug/audit/finding.hpp"

namespace arenite {

/// Audits the heap whose root lies at `root` and passes each finding that persists to the sink.
/// Returns how many there were, at least; 0 is a clean heap. If the audit could not be done (no
/// memory to work in), says so through the sink as a finding about the root, and counts it.
/// Requires: the root is readable, and nobody destroys the heap meanwhile.
std::uint64_t audit_in_process(const void* root, Findings::Sink sink, void* context);

}  // namespace arenite
