// SPDX-License-Identifier: MIT
// The debug layer of a process, put together: what the options ask for, the heaps that serve it,
// the depot, the desk. One of it, in static storage, nothing but zeroes until a mode is chosen.
//
// It comes to life in two steps. With the heap, at the first request, before there is a C library
// to speak of: tables are mapped, and blocks are guarded from the first on. When constructors run
// (modes/start.cpp): what needs the dynamic linker, signals, redirected calls, checks at exit.
#pragma once

#include "debug/annotate/annotator.hpp"
#include "debug/guard/guard_heap.hpp"
#include "debug/guard/page_heap.hpp"
#include "debug/guard/page_linux.hpp"
#include "debug/modes/debug_thread.hpp"
#include "debug/modes/filters.hpp"
#include "debug/modes/process_source.hpp"
#include "debug/options/options.hpp"
#include "debug/python/python.hpp"
#include "debug/ranges/got.hpp"
#include "debug/report/desk.hpp"
#include "debug/stacks/depot.hpp"

namespace arenite {

struct DebugLayer {
  Options options;
  /// The seed that was given or drawn.
  std::uint64_t seed = 0;
  /// `options` as text, for reports.
  char settings[2048] = {};
  /// The name the program was started by, for reports.
  char program[Options::kTextBytes] = {};
  char symbolizer[Options::kTextBytes] = {};
  const char* mode = "fast";

  const Annotator* annotator = &kNoTool;
  GuardHeap<ProcessSource> guarded;
  LinuxPageCalls page_calls;
  PageHeap pages;
  StackDepot depot;
  Python python;
  DebugThreads threads;
  Filters filters;
  ReportDesk desk;

  std::atomic<std::uint64_t> serials{0};
  std::atomic<std::uint64_t> operations{0};
  /// The operation that is under way on a check, for reports: "check at exit".
  std::atomic<const char*> check_name{nullptr};
  /// Said once that page mode could not serve all.
  std::atomic<bool> declined{false};
  /// What the mode needs is mapped: requests come here.
  bool opened = false;
  bool started = false;
  /// Requests are not all alike: some are filtered, counted, put on pages. Otherwise, in debug
  /// mode, each gets guard bytes and that is all.
  bool special = true;

  constexpr explicit DebugLayer(DamageSink sink)
      : guarded(ProcessSource(process_heap, SlowThreads{}), sink) {}

  bool has_guarded() const { return options.mode == Mode::debug || options.mode == Mode::page; }
  bool has_pages() const { return options.mode == Mode::page || options.mode == Mode::sample; }
};

extern constinit DebugLayer layer;
/// Leads calls of libc's functions to the layer; zeroes until then.
extern Redirector process_calls;

/// The stack of whoever called into the library, as deep as the options say; where an interpreter
/// runs Python, with that behind it.
inline StackId stack_of_caller(DebugThread& thread) {
  const auto depth = static_cast<unsigned>(layer.options.stack_depth);
  if (depth == 0) return 0;
  const StackId stack = thread.stacks.put(layer.depot, depth);
  if (!layer.python.has_frames()) [[likely]]
    return stack;
  return thread.python_stacks.join(layer.depot, stack, layer.python);
}

/// The block of the layer in whose bounds the address lies. Signal-safe.
bool find_block(Address at, BlockFacts& facts);
/// The same as a table, for those who know only that.
BlockMap block_map();

/// Checks every block; tells of each that is damaged. Returns how many were, and counts all.
/// `name` says in reports when: a literal. Signal-safe.
std::size_t check_all_blocks(const char* name, std::size_t& checked);

}  // namespace arenite
