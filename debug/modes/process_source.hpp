// SPDX-License-Identifier: MIT
// The process heap as the guard heap's source of blocks.
#pragma once

#include "debug/guard/heap_source.hpp"
#include "frontend/process/process_heap.hpp"

namespace arenite {

struct SlowThreads {
  SlowThread operator()() const { return SlowThread{}; }
};

using ProcessSource = HeapSource<ProcessHeap, SlowThreads>;

}  // namespace arenite
