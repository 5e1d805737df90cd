// SPDX-License-Identifier: MIT
// Where a program may keep pointers: every mapping it can write to, as /proc/self/maps lists them.
// That holds the globals of all modules, stacks, static and dynamic TLS, and whatever the program
// has mapped itself, since it cannot be known what is in it: a block is rather missed than reported
// wrongly. Left out are the regions the caller names (the heaps, whose blocks count only once they
// are reached), and of stacks what no longer counts:
//   below the stack pointer of a stopped thread, on its own stack: the stack is a mapping with
//     inaccessible pages before it, and holds the thread's TLS; or it is the main thread's;
//   the stacks of ended threads that libc keeps: shaped like that, with the control block of a
//     thread at the end, which has its own address in its first and third word, and is no thread's.
//
// Never allocates; reads files with plain system calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "debug/leaks/memory_walk.hpp"
#include "debug/memory/mappings.hpp"
#include "debug/memory/regions.hpp"

namespace arenite {

/// Where a thread's stack and its control block are.
struct ThreadPlace {
  Address thread_pointer;
  /// Nothing of the thread's own stack counts below it.
  Address stack_low;
};

struct RootsAsked {
  const char* maps_path = "/proc/self/maps";
  /// In ascending order; they do not overlap.
  std::span<const Region> left_out;
  /// In ascending order of thread pointers.
  std::span<const ThreadPlace> threads;
  /// No other thread is there; otherwise no stack is taken for an ended thread's.
  bool all_threads_known = false;
};

class Roots {
 public:
  /// `buffer`: MappingReader::kBufferBytes.
  Roots(const RootsAsked& asked, MemoryWalk& walk, char* buffer)
      : asked_(asked), walk_(walk), buffer_(buffer) {}

  /// Calls `visit` for each region, in ascending order. False if there is nothing to read of what
  /// is mapped.
  bool each(void (*visit)(void* visitor, Address begin, Address end), void* visitor);

 private:
  Region counting(const Mapping& mapping, bool guarded) const;
  bool ended_threads_stack(const Mapping& mapping) const;
  Address main_stack_low(const Mapping& mapping) const;
  std::span<const ThreadPlace> threads_in(const Mapping& mapping) const;

  const RootsAsked& asked_;
  MemoryWalk& walk_;
  char* buffer_;
};

}  // namespace arenite
