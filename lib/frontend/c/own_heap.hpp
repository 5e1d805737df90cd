// SPDX-License-Identifier: MIT
// A heap of the program's own, behind the C interface: one heap, one thread block, one lock. All of
// them are in a list, so that a fork finds each at rest, and whoever looks from outside finds each.
#pragma once

#include "frontend/process/process_heap.hpp"
#include "layout/own_heaps.hpp"

struct arn_heap : arenite::OwnHeapLink<arenite::Native> {
  // Here, as the heap is there only when the bases are.
  arn_heap() { root = reinterpret_cast<std::uint64_t>(&heap.root()); }

  arenite::ProcessHeap heap{arenite::LinuxPages{}};
  arenite::ThreadBlock thread = 0;
  arn_heap* previous = nullptr;
};
