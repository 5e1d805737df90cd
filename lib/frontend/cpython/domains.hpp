// SPDX-License-Identifier: MIT
// CPython's three domains served by the process heap: a table of functions for each, and the same
// for arenas. Each block carries its domain as its family, where families are kept. The tables are
// as malloc is: any thread, any time, null when memory cannot be had.
#pragma once

#include "frontend/cpython/interpreter.hpp"

namespace arenite {

/// The table of a domain. `former`, which has to live on, served the domain before and gets back
/// the blocks it handed out; null if there can be none of them.
DomainAllocator domain_allocator(Domain domain, DomainAllocator* former);

/// Whether a table is one of ours.
bool is_ours(const DomainAllocator& allocator);

ArenaAllocator arena_allocator();

}  // namespace arenite
