// SPDX-License-Identifier: MIT
// The build id of the module this code is linked into, as the linker wrote it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite {

/// Copies the id to `to`, `room` bytes at the most; returns its length, 0 if the module has none.
/// Reads the module's own program headers; never allocates.
std::size_t own_build_id(std::uint8_t* to, std::size_t room);

}  // namespace arenite
