// SPDX-License-Identifier: MIT
// What a memory-checking tool that watches the process is told of what the debug layer does with
// memory. A table of functions; `kNoTool` is the one of a process nobody watches, whose functions
// do nothing, so that no caller asks. Every function may be called from any thread and in signal
// handlers, takes no lock of ours, allocates nothing, keeps errno and cannot fail.
//
// The tool takes what it is told for granted and checks the layer's own accesses, too: under
// `ToolsLookAway` the layer reads and writes what it has made inaccessible.
#pragma once

#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

struct Annotator {
  /// For messages and statistics: "none", "memcheck", "AddressSanitizer", "MemorySanitizer".
  const char* name;
  /// A tool listens. Otherwise all of the below are empty, and a caller may leave them out.
  bool watched;
  /// The tool itself keeps the stacks of allocations and frees, and tells them.
  bool keeps_stacks;
  /// `look_away` works. Otherwise the layer has to make memory accessible before libc's functions
  /// touch it on its behalf.
  bool looks_away;

  /// [begin, begin + size) is a block of the program from now on, its bytes undefined or `zeroed`.
  /// What lies around it is to be inaccessible already; `guard_before` of it belongs to the block,
  /// and as much behind it: the tool words its reports by that. Call it on the stack of the
  /// allocation, which the tool keeps. Requires: `begin` is no block's now.
  void (*block_handed_out)(Address begin, std::size_t size, std::size_t guard_before, bool zeroed);
  /// The block is freed and its bytes inaccessible, until they are handed out or made accessible
  /// again. `size` and `guard_before` as they were given. On the stack of the free.
  void (*block_freed)(Address begin, std::size_t size, std::size_t guard_before);
  /// The block has changed size where it lies. Bytes it gained are undefined, bytes it lost
  /// inaccessible.
  void (*block_resized)(Address begin, std::size_t old_size, std::size_t new_size,
                        std::size_t guard_before);

  void (*make_inaccessible)(Address begin, std::size_t bytes);
  void (*make_accessible_undefined)(Address begin, std::size_t bytes);
  /// Accessible, and what is in it counts as written.
  void (*make_defined)(Address begin, std::size_t bytes);

  /// A pool of the user's, known by any address that stays its own. Blocks are told as above, and
  /// lie in memory the pool has been given.
  void (*pool_created)(Address pool);
  /// Its memory has been taken from it, or is taken now.
  void (*pool_destroyed)(Address pool);
  /// Memory from which blocks will come; inaccessible until they do.
  void (*pool_memory_added)(Address pool, Address begin, std::size_t bytes);
  /// Memory added goes back, whole; blocks in it that are not freed yet are freed by this.
  void (*pool_memory_removed)(Address pool, Address begin, std::size_t bytes);

  /// Between the two the tool says nothing about accesses of this thread. They nest.
  void (*look_away)();
  void (*look_back)();
};

extern const Annotator kNoTool;

/// The one for this process. The first call decides; it is cheap, and any number of threads may
/// make it at once.
const Annotator& annotator_of_process();

/// Valgrind runs the process, with whichever of its tools.
bool runs_on_valgrind();

/// While it lives, the thread may read and write what was made inaccessible.
///
/// AddressSanitizer has no such switch. Code of ours is not instrumented and may access what it
/// likes, but libc's functions (memcpy, memset, memcmp, str*) are the sanitizer's there, and
/// complain: what reads guards and freed blocks goes through loops of its own.
class ToolsLookAway {
 public:
  explicit ToolsLookAway(const Annotator& annotator) : annotator_(annotator) {
    annotator_.look_away();
  }
  ~ToolsLookAway() { annotator_.look_back(); }
  ToolsLookAway(const ToolsLookAway&) = delete;
  ToolsLookAway& operator=(const ToolsLookAway&) = delete;

 private:
  const Annotator& annotator_;
};

}  // namespace arenite
