// SPDX-License-Identifier: MIT
#include "debug/python/python_stacks.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

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

[[gnu::noinline]] bool PythonStacks::open() {
  const int saved = errno;
  void* at = ::mmap(nullptr, kEntries * sizeof(Entry), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  errno = saved;
  if (at == MAP_FAILED) return false;
  entries_ = static_cast<Entry*>(at);
  return true;
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
  StackId joined = 0;
  if (entries_ != nullptr || open()) [[likely]]
    joined = look_up(depot, stack, walk, python);
  else
    joined = make(depot, stack, walk, python);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  busy_ = false;
  return joined;
}

StackId PythonStacks::look_up(StackDepot& depot, StackId stack, const Python::Walk& walk,
                              Python& python) {
  Entry& entry = entries_[(walk.hash >> 32 ^ stack) % kEntries];
  if (entry.joined == 0 || entry.hash != walk.hash || entry.stack != stack)
    entry = {walk.hash, stack, make(depot, stack, walk, python)};
  return entry.joined;
}

}  // namespace arenite
