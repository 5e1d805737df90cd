// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace arenite {

/// A stack in the depot; 0 is no stack.
using StackId = std::uint32_t;

}  // namespace arenite
