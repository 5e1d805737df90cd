// SPDX-License-Identifier: MIT
// The lines of a text report that only Arenite has. Signal-safe if the sink is.
#pragma once

#include "debug/report/report.hpp"
#include "debug/report/sink.hpp"

namespace arenite {

/// The first line: `arenite: found by mode=debug: bytes behind a block, by free; DETAIL`.
void print_finding(const Report& report, Printer& to);

/// Rows of sixteen bytes around the bad one, with what each is.
void print_surroundings(const Report& report, Printer& to);

/// Serial, family and neighbours of the block.
void print_blocks(const Report& report, Printer& to);

/// How to see it again, and how to stop at the allocation.
void print_rerun(const Report& report, Printer& to);

/// ARENITE_OPTIONS=... as a shell takes it, with the seed, and with break_serial unless that is 0.
void print_environment(const char* settings, std::uint64_t seed, std::uint64_t break_serial,
                       Printer& to);

}  // namespace arenite
