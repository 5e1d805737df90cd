// SPDX-License-Identifier: MIT
// Programs as C++: a GoogleTest that makes the same calls on an arenite::Heap, for a debugger or a
// regression test. It compiles as it stands. Checks of contents, audits and what needs a look into
// the heap (free_wild) become comments.
#pragma once

#include <string>

#include "proptests/model/program.hpp"

namespace arenite::model {

/// The test TEST(HeapProgram, name), with its includes before it.
std::string to_cxx(const Program& program, const std::string& name);

}  // namespace arenite::model
