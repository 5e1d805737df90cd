// SPDX-License-Identifier: MIT
#include "debug/python/python_stacks.hpp"

#include <atomic>

namespace arenite {
namespace {

/// What a report has room for.
constexpr unsigned kMostFrames = 64;

}  // namespace

StackId PythonStacks::make(StackDepot& depot, StackId stack, const Python::Walk& walk,
                           Python& python) {
  Address frames[kMostFrames];
  const unsigned machine = depot.get(stack, frames, kMostFrames - Python::kMostFrames);
  const unsigned scripts = python.name(walk, frames + machine, Python::kMostFrames);
  const StackId joined = scripts == 0 ? 0 : depot.put(frames, machine + scripts);
  return joined != 0 ? joined : stack;
}

[[gnu::noinline]] StackId PythonStacks::join(StackDepot& depot, StackId stack, Python& python) {
  Python::Walk walk;
  python.walk(walk);
  if (walk.count == 0) return stack;
  if (busy_) [[unlikely]]
    return make(depot, stack, walk, python);
  busy_ = true;
  // For signal handlers on this thread: nothing of what is between may move out.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  Entry& entry = entries_[(walk.hash >> 32 ^ stack) % kEntries];
  if (entry.joined == 0 || entry.hash != walk.hash || entry.stack != stack)
    entry = {walk.hash, stack, make(depot, stack, walk, python)};
  const StackId joined = entry.joined;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  busy_ = false;
  return joined;
}

}  // namespace arenite
