// SPDX-License-Identifier: MIT
// Slow paths of a process in which a tool of Valgrind has put its own malloc in the place of ours:
// whatever still reaches the library (reallocarray, pvalloc, arn_malloc, pools) is led to that
// malloc, so that every block is of one kind and may be given back through any entry point.
#pragma once

#include "interface/interceptor.hpp"

namespace arenite {

extern constinit const Interceptor forwarding_slow_paths;

/// Valgrind leads calls of our malloc elsewhere, as it does unless it is run with
/// --soname-synonyms=somalloc=nouserintercepts.
bool malloc_is_replaced();

}  // namespace arenite
