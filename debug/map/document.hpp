// SPDX-License-Identifier: MIT
// What a page shows: heaps, each at one or several instants, as one block of bytes. Its layout, all
// numbers little-endian:
//
//   4 bytes   length of the JSON text
//   n bytes   JSON: `heaps`, each with `frames`; a column is said as {type, count, at}, `at` from
//   the
//             first byte behind the text
//   the rest  columns. A column of numbers of w bytes is stored as w planes, the lowest bytes of
//   all
//             entries first: planes of counts and numbers compress well. A column with `after` is
//             the exclusive or with the same column of the frame before, as far as that reaches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "debug/audit/plan.hpp"
#include "debug/map/heap_frame.hpp"

namespace arenite::map {

/// Where a frame comes from, in words for people.
struct FrameFacts {
  std::string source;
  std::string command;
  std::string module;
  std::string torn;
  std::int64_t pid = 0;
  std::uint64_t time_ms = 0;  ///< since 1970; 0 if not known
  Address range = 0;
  std::uint64_t table_bytes = 0;
  std::uint64_t mapped_bytes = 0;
};

/// What is the same in all frames of a heap.
struct HeapTraits {
  std::string geometry;
  std::uint32_t pool_bytes = 0;
  std::uint32_t page_bytes = 0;
  std::vector<std::uint32_t> block_bytes;  ///< by class
  std::vector<std::uint32_t> capacities;   ///< by class

  bool operator==(const HeapTraits&) const = default;
};
HeapTraits traits_of(const HeapPlan& plan);

struct Site {
  std::string name;
  std::vector<std::string> stack;  ///< innermost first
};

struct MappedHeap {
  HeapTraits traits;
  std::vector<Site> sites;
  std::vector<FrameFacts> facts;
  std::vector<HeapFrame> frames;  ///< one for each of `facts`, in the order of time
};

/// The bytes described above.
std::string encode(const std::vector<MappedHeap>& heaps);

}  // namespace arenite::map
