// SPDX-License-Identifier: MIT
// `fail_record=PATH`: a line for each allocation that was made to fail.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite {

/// Appends "serial N size N". Does nothing without a path, or if it cannot be written.
void record_failure(std::uint64_t serial, std::size_t size);

}  // namespace arenite
