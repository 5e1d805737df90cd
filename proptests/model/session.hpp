// SPDX-License-Identifier: MIT
// A fresh heap over pages that cost no system call, for one run of one program. The buffer behind
// the pages is kept from run to run, one for each geometry and thread.
#pragma once

#include "heap/heap.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"
#include "proptests/model/executor.hpp"
#include "proptests/model/fenced_pages.hpp"

namespace arenite::model {

using ModelPages = FaultyPages<FencedPages<FakePages>>;

template <Geometry G>
using ModelHeap = Heap<HeapConfig<G, ModelPages>>;

/// Runs a program on a fresh HeapType, which is ModelHeap<G> or derived from it.
template <class HeapType, class Audit = NoAudit, class Observer = NoObserver>
Outcome run_on(const Program& program, RunOptions options = {}, Audit audit = {},
               Observer observer = {}) {
  static thread_local FakeMemory memory(HeapType::Geometry::kPageBytes);
  FaultPlan faults;
  HeapType heap(ModelPages{FencedPages<FakePages>{FakePages{memory}}, faults});
  return Executor<HeapType, Audit, Observer>(heap, faults, audit, observer, options).run(program);
}

}  // namespace arenite::model
