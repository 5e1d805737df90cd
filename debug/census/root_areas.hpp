// SPDX-License-Identifier: MIT
// Where a process may keep pointers, seen from outside: every mapping it can write to, but for the
// heaps' reservations, whose blocks count only once they are reached. Of a thread's stack only what
// lies above its stack pointer counts; the stacks of ended threads, which the C library keeps, are
// named as such. As debug/leaks/roots.hpp has it from inside.
#pragma once

#include <cstdint>
#include <vector>

#include "debug/memory/any_view.hpp"
#include "debug/memory/regions.hpp"
#include "debug/target/process_facts.hpp"

namespace arenite {

/// The control block of a thread is smaller, and ends where its stack does, but for alignment.
inline constexpr std::size_t kControlBytes = 8192;

struct RootArea {
  enum class Kind : std::uint8_t { memory, stack, ended_stack };

  Region region;
  Kind kind = Kind::memory;
  std::uint64_t thread = 0;  ///< whose stack it is
  /// Of an ended thread's: the word by which the C library keeps, for the next thread on this
  /// stack, what it needs to find thread-local storage.
  Address kept_by_libc = 0;
};

/// In ascending order. `left_out`: in ascending order, disjoint.
std::vector<RootArea> root_areas(const AnyView& view, const ProcessFacts& facts,
                                 const std::vector<Region>& left_out);

}  // namespace arenite
