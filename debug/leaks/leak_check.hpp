// SPDX-License-Identifier: MIT
// Finds the blocks a program has lost: stops all other threads, marks what can be reached from
// globals, stacks, registers and TLS, lets them go again, and groups the rest by the stack that
// allocated it. No ptrace; see stopped_threads.hpp for what stopping a thread does to it and
// roots.hpp for what counts as a root.
//
// Never allocates but by mapping; errno is kept. Any thread, one check at a time. Requires: the
// caller holds no lock that `each_live`, `hold` or a callback takes. What could not be had is told
// in the totals, and makes reported leaks less certain, or leaves none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "debug/memory/regions.hpp"
#include "debug/report/block_facts.hpp"

namespace arenite {

struct LeakSettings {
  BlockMap blocks;
  /// Where the heaps and their tables lie, in any order: pointers in there do not count, but for
  /// those in blocks that are reached.
  std::span<const Region> left_out;
  void* context = nullptr;
  /// The rest may be null. Called around the time in which other threads are stopped, with
  /// `context`: takes what `each_live` needs to be at rest, and gives it back.
  void (*hold)(void* context) = nullptr;
  void (*let_go)(void* context) = nullptr;
  /// Whether the block was allocated while leaks were disabled. Other threads are stopped.
  bool (*ignored)(void* context, const BlockFacts& facts) = nullptr;
  /// Whether leaks allocated from there are not to be reported. Other threads run.
  bool (*suppressed)(void* context, StackId stack) = nullptr;
  int signal = 0;  ///< to stop threads by; 0: see StopSettings
  unsigned patience_ms = 200;
};

/// Why a check saw less than everything. From `no_memory` on nothing could be told, and no leaks
/// are reported.
enum class LeakObstacle : std::uint8_t {
  none,
  threads_left_running,  ///< what only their registers hold counts as lost
  too_many_threads,
  threads_unknown,
  no_signal,
  blocks_changed,  ///< blocks came, went or overlapped while they were listed
  no_memory,
  no_mappings,        ///< the system does not tell what is mapped
  memory_unreadable,  ///< the system forbids to read it
};

/// A sentence's end: "some threads could not be stopped".
const char* describe(LeakObstacle obstacle);
constexpr bool could_not_tell(LeakObstacle obstacle) {
  return obstacle >= LeakObstacle::no_memory;
}

struct LeakAmount {
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
};

/// Leaks from one stack of allocation. Direct ones are reached by no other leak, or stand for a
/// cycle; indirect ones hang from others.
struct LeakSite {
  StackId stack = 0;
  LeakAmount direct;
  LeakAmount indirect;
  /// One of them, a direct one if there is one.
  Address example = 0;
  std::size_t example_bytes = 0;
};

struct LeakTotals {
  LeakAmount direct;
  LeakAmount indirect;
  LeakAmount suppressed;
  LeakAmount live;
  std::size_t sites = 0;
  unsigned threads_stopped = 0;
  unsigned threads_left_running = 0;
  LeakObstacle obstacle = LeakObstacle::none;

  bool leaks() const { return direct.objects + indirect.objects != 0; }
};

/// Calls `report` for each group, those with the most direct, then the most indirect bytes first;
/// other threads run meanwhile. Blocks of `ignore_block` and the regions of `add_root_region` are
/// heeded.
LeakTotals check_leaks(const LeakSettings& settings,
                       void (*report)(void* reporter, const LeakSite& site), void* reporter);

}  // namespace arenite
