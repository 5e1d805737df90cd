// SPDX-License-Identifier: MIT
// From something that was found to a report, and what then becomes of the process.
#pragma once

#include <sys/ucontext.h>

#include "debug/guard/damage.hpp"
#include "debug/report/report.hpp"

namespace arenite {

struct Incident {
  Fault fault = Fault::wild_access;
  Access access = Access::none;
  std::size_t access_bytes = 0;
  Address bad = 0;
  const char* operation = "";
  const char* detail = "";
  /// State none if no block is known.
  BlockFacts block;
  Family released_as = Family::malloc;
  std::size_t said_size = kUnsaid;
  std::size_t said_alignment = 0;
  /// What a signal interrupted; null if the caller's own stack is meant.
  const ucontext_t* context = nullptr;
  /// The process cannot go on, whatever the options say.
  bool final = false;
};

/// Reports it, unless it is explained (own_operators.hpp), and does what `on_error` says; returns
/// only if the process goes on. Any thread, signal handlers too; with no lock of the layer held.
void report_incident(const Incident& incident);

/// Reports a call of one of CPython's functions that need its lock; `block` is what it was given.
void report_unlocked(const char* operation, const void* block);

/// Reports that the operation was given a pointer to no live block.
void report_no_block(Fault fault, const void* block, const char* operation);

/// The incident that damage amounts to; `operation` is what found it.
Incident incident_of(const Damage& damage, const char* operation);

}  // namespace arenite
