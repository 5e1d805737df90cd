// SPDX-License-Identifier: MIT
// The statistics of the process heap, for the front-ends that show them.
#pragma once

#include "heap/statistics.hpp"

namespace arenite {

/// Collects them with all lists at rest; blocks that other threads take and give back meanwhile are
/// counted as they were at some instant of the call. All zero if no heap is open.
void process_statistics(Statistics& statistics);

/// A sink that writes to a file descriptor. `failed` is set, with errno, when a write fails.
struct DescriptorSink {
  int descriptor;
  bool failed = false;

  TextSink sink() { return {write, this}; }

 private:
  static void write(void* self, const char* text, std::size_t bytes);
};

}  // namespace arenite
