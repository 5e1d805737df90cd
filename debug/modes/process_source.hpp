// SPDX-License-Identifier: MIT
// The process heap as the guard heap's source of blocks.
#pragma once

#include "debug/guard/heap_source.hpp"
#include "frontend/process/process_heap.hpp"

namespace arenite {

struct SlowThreads {
  SlowThread operator()() const { return SlowThread{}; }
};

class ProcessSource : public HeapSource<ProcessHeap, SlowThreads> {
 public:
  using HeapSource::HeapSource;

  /// Called with each block that goes back, if it is set: before there is a second thread.
  using BeforeFree = void (*)(void* block);
  static constinit inline BeforeFree before_free = nullptr;

  void free(void* block) {
    if (before_free != nullptr) [[unlikely]]
      before_free(block);
    HeapSource::free(block);
  }
};

}  // namespace arenite
