// SPDX-License-Identifier: MIT
// A heap of the program's own, behind the C interface: one heap, one thread block, one lock.
#pragma once

#include "frontend/process/process_heap.hpp"

struct arn_heap {
  arenite::ProcessHeap heap{arenite::LinuxPages{}};
  arenite::LockWord lock{0};
  arenite::ThreadBlock thread = 0;
};
