// SPDX-License-Identifier: MIT
// What a target did, over all inputs of a process: whether a fuzzer still does what it is there
// for. With ARENITE_FUZZ_CENSUS=FILE the counts are written there at the end of the process, one
// "name count" a line, inputs first. One thread.
#pragma once

#include "proptests/model/outcome.hpp"

namespace arenite::fuzz {

/// An input has come.
void count_input();
/// Something was done; `name` is a literal without spaces.
void count(const char* name, unsigned long long times = 1);
/// The operations of each kind that did something; and the input.
void count(const model::Outcome& outcome);

}  // namespace arenite::fuzz
