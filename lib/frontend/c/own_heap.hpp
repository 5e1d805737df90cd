// SPDX-License-Identifier: MIT
// A heap of the program's own, behind the C interface: one heap, one thread block, one lock. All of
// them are in a list, so that a fork finds each at rest.
#pragma once

#include "frontend/process/process_heap.hpp"

struct arn_heap {
  arenite::ProcessHeap heap{arenite::LinuxPages{}};
  arenite::LockWord lock{0};
  arenite::ThreadBlock thread = 0;
  arn_heap *previous = nullptr, *next = nullptr;
};
