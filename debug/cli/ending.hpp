// SPDX-License-Identifier: MIT
// How a command ends that shows something of a heap but does not judge it.
#pragma once

#include "debug/target/examination.hpp"

namespace arenite::cli {

/// What the process ends with; whatever stands against believing what was printed goes to stderr,
/// behind it.
int end_of(const Examination& examination);

}  // namespace arenite::cli
