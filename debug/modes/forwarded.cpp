// SPDX-License-Identifier: MIT
#include "debug/modes/forwarded.hpp"

#include <malloc.h>

#include <cstdlib>

#include "debug/annotate/annotator.hpp"
#include "geometry/production.hpp"

namespace arenite {

// Calls by name are calls of our own functions, which is where the tool has its own.
constinit const Interceptor forwarding_slow_paths = {
    .allocate = [](std::size_t size, Family) { return ::malloc(size); },
    .allocate_zeroed = [](std::size_t size, Family) { return ::calloc(1, size); },
    .allocate_aligned = [](std::size_t size, std::size_t alignment,
                           Family) { return ::memalign(alignment, size); },
    .reallocate = [](void* block, std::size_t size, Family) { return ::realloc(block, size); },
    .free = [](void* block, Family) { ::free(block); },
    .free_sized = [](void* block, std::size_t, Family) { ::free(block); },
    .free_aligned = [](void* block, std::size_t, Family) { ::free(block); },
    .free_sized_aligned = [](void* block, std::size_t, std::size_t, Family) { ::free(block); },
    .usable_size = [](const void* block) { return ::malloc_usable_size(const_cast<void*>(block)); },
    .owns = [](const void*) { return false; },
    .thread_ends = [] {},
    .before_fork = [] {},
    .after_fork = [](bool) {},
    .heap_opened = [] { return true; },
    .diverts = true,
    .range_bytes = Production::kMinRangeBytes,
};

bool malloc_is_replaced() {
  // A parameter nobody knows: Valgrind's function says yes to any.
  constexpr int kNoParameter = -1000;
  return runs_on_valgrind() && ::mallopt(kNoParameter, 0) == 1;
}

}  // namespace arenite
