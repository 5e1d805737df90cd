// SPDX-License-Identifier: MIT
// Leaks grouped: by kind and by the stack that allocated them, or by size where no stack is known.
#pragma once

#include <cstdint>
#include <vector>

#include "debug/census/leak_kinds.hpp"

namespace arenite {

struct LeakCount {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t more) { ++blocks, bytes += more; }
};

struct LostGroup {
  LeakKind kind = LeakKind::k1;
  StackId stack = 0;
  std::uint64_t size = 0;  ///< of each block, where there is no stack
  LeakCount own;           ///< those of the kind themselves
  LeakCount hanging;       ///< those that hang from such, whatever these were allocated by
  Address example = 0;     ///< one of them, the lowest; of `own` if there is any
  std::uint64_t example_bytes = 0;
};

/// Kinds in their order; of each those with the most bytes first.
std::vector<LostGroup> leak_groups(const LiveBlocks& blocks, const LeakKinds& kinds);
/// What is not to be reported, with what hangs from it.
LeakCount suppressed_leaks(const LiveBlocks& blocks, const LeakKinds& kinds);

}  // namespace arenite
