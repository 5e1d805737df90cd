// SPDX-License-Identifier: MIT
// A heap of Tiny geometry that is opened anew for each run, and threads that use it. A block's
// holder writes its whole contents plainly, so that a block in two threads' hands is a data race.
#pragma once

#include <array>
#include <cstring>

#include "geometry/tiny.hpp"
#include "heap/heap.hpp"
#include "os/fake_pages.hpp"
#include "os/faulty_pages.hpp"
#include "proptests/schedule/explorer.hpp"
#include "proptests/schedule/heap_end.hpp"

namespace arenite::schedule {

using TinyHeap = Heap<HeapConfig<Tiny, FaultyPages<FakePages>>>;

class HeapProtocol {
 public:
  static constexpr std::size_t kArena = kArenaBytes<Tiny>;
  /// Blocks of the largest class: four fill a pool.
  static constexpr std::size_t kLargest = 512;

  static HeapProtocol& fresh(std::size_t arenas = 1) {
    static HeapProtocol only;
    only.open(arenas);
    return only;
  }

  TinyHeap& heap() { return heap_; }
  FaultPlan& faults() { return faults_; }

  ThreadBlock attach(ThreadState state = ThreadState::diverted) {
    const ThreadBlock thread = heap_.attach(0, state);
    check(thread != 0, "no thread block");
    return thread;
  }

  /// A block with its holder's stamp.
  void* allocate(ThreadBlock thread, std::size_t size = kLargest) {
    void* block = heap_.allocate(thread, size);
    check(block != nullptr, "no block");
    stamp(block, size, thread);
    return block;
  }
  /// By its holder, through any thread block.
  void free(ThreadBlock thread, void* block, std::size_t size = kLargest) {
    check(static_cast<Address*>(block)[1] == reinterpret_cast<Address>(block), "stamp is gone");
    stamp(block, size, 0);
    heap_.free(thread, block);
  }

  /// All blocks are free, nobody is attached: nothing may be in use.
  void check_empty() {
    check_heap(heap_.root());
    check(heap_.root().used_pools == 0, "pools are lost");
  }

 private:
  HeapProtocol() : memory_(Tiny::kPageBytes), heap_({FakePages(memory_), faults_}) {}

  void open(std::size_t arenas) {
    if (opened_) heap_.close();
    faults_ = {};
    opened_ = heap_.open(arenas * kArena);
    check(opened_, "heap does not open");
  }

  static void stamp(void* block, std::size_t, ThreadBlock thread) {
    static_cast<Address*>(block)[0] = thread;
    static_cast<Address*>(block)[1] = reinterpret_cast<Address>(block);
  }

  FakeMemory memory_;
  FaultPlan faults_;
  TinyHeap heap_;
  bool opened_ = false;
};

}  // namespace arenite::schedule
