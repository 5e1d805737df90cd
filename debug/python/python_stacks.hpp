// SPDX-License-Identifier: MIT
// Stacks with Python frames behind those of the machine, and the ones a thread made lately: most
// allocations come from where others came from. One for each thread, all zeroes in the beginning;
// no other thread may use it meanwhile. A signal handler on the thread may: it goes the long way if
// it comes in between. Two walks are the same if their 64-bit hashes are. Never allocates: memory
// for them is mapped at the first, and stays with the place of the thread.
#pragma once

#include "debug/python/python.hpp"
#include "debug/stacks/depot.hpp"

namespace arenite {

class PythonStacks {
 public:
  /// The stack with what the thread does in Python behind it; the stack itself if that is nothing,
  /// or there is no room.
  StackId join(StackDepot& depot, StackId stack, Python& python);

 private:
  static constexpr std::size_t kEntries = 1024;
  struct Entry {
    std::uint64_t hash;
    StackId stack, joined;
  };

  static StackId make(StackDepot& depot, StackId stack, const Python::Walk& walk, Python& python);

  StackId look_up(StackDepot& depot, StackId stack, const Python::Walk& walk, Python& python);
  /// Maps the entries; false if there is no memory. Requires: busy.
  bool open();

  Entry* entries_;
  bool busy_;
};

}  // namespace arenite
