// SPDX-License-Identifier: MIT
// How many operations of each kind did something, over all inputs of a process: whether a fuzzer
// still does what it is there for. With ARENITE_FUZZ_CENSUS=FILE the counts are written there at
// the end of the process, one "kind count" a line.
#pragma once

#include "proptests/model/outcome.hpp"

namespace arenite::fuzz {

void count(const model::Outcome& outcome);

}  // namespace arenite::fuzz
