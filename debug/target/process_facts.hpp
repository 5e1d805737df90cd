// SPDX-License-Identifier: MIT
// What is known of a process but for its memory, whatever it was learned from.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "debug/memory/heap_sites.hpp"
#include "debug/memory/regions.hpp"
#include "debug/memory/residency.hpp"

namespace arenite {

/// Where a thread stood.
struct ThreadContext {
  std::uint64_t thread = 0;
  user_regs_struct registers{};

  Address stack_pointer() const { return registers.rsp; }
};

struct ProcessFacts {
  pid_t pid = 0;
  std::string command;
  /// What it ended with; 0 if with none, or if it is not known.
  int signal = 0;
  /// When it was as it is shown, in nanoseconds since 1970; 0 if not known.
  std::uint64_t time_ns = 0;
  /// Numbers of its threads as the process itself knows them, ascending; empty if not known.
  std::vector<std::uint64_t> threads;
  /// Of the threads whose registers are known.
  std::vector<ThreadContext> contexts;
  /// Where heaps may be, as the ELF notes of its modules say.
  std::vector<HeapSite> sites;
  /// Of pools of heaps, as a snapshot says.
  std::vector<Residency> residency;
  /// Stretches the process could write to and never touched, as a snapshot says; ascending and
  /// disjoint.
  std::vector<Region> untouched;
  /// Lines as of /proc/PID/maps; the mappings' paths lie in it.
  std::unique_ptr<std::string> maps;
  /// In ascending order.
  std::vector<Mapping> mappings;
};

/// Takes the mappings out of the text of a maps file.
void take_mappings(std::string text, ProcessFacts& facts);

/// The mapping the address lies in, or null.
const Mapping* mapping_at(Address at, const ProcessFacts& facts);

}  // namespace arenite
