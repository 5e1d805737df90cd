// SPDX-License-Identifier: MIT
// S3: counters that only grow do not shrink between two looks at one process. What is counted so:
// how far tables and range are accessible, thread blocks ever used, times pages went back; and of
// the debug layer serials, words of stacks, threads and pages ever used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "debug/memory/any_view.hpp"
#include "debug/target/examination.hpp"

namespace arenite {

/// Those of one heap.
struct HeapCounters {
  Address root = 0;
  Address reservation = 0;
  /// In an order that is the same for all heaps; nothing where a counter could not be read.
  std::vector<std::optional<std::uint64_t>> values;
};

struct GrowingCounters {
  std::uint64_t pid = 0;
  std::uint64_t time_ns = 0;  ///< 0 if not known
  std::vector<HeapCounters> heaps;
};

struct ShrunkCounter {
  Address heap = 0;
  const char* name = "";
  std::uint64_t before = 0;
  std::uint64_t after = 0;
};

struct CounterChanges {
  /// Counters that were there at both looks; 0 if they were not at one process.
  std::uint64_t compared = 0;
  std::vector<ShrunkCounter> shrunk;
};

/// Only while memory can be read. Of heaps whose audit was not complete there are none.
GrowingCounters growing_counters(const AnyView& view, const Examination& seen);

/// `before` is the earlier look unless both have a time that says otherwise. Two heaps are the same
/// if process, root and reservation are.
CounterChanges counter_changes(const GrowingCounters& before, const GrowingCounters& after);

}  // namespace arenite
