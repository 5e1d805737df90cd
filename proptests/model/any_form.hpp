// SPDX-License-Identifier: MIT
// A program from a file in whichever form it is: a container by its cookie, text if every byte is
// one that text has, a body otherwise. Errors come back as text; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "proptests/model/hop_file.hpp"

namespace arenite::model {

Loaded read_any(std::span<const std::uint8_t> bytes);
Loaded load_any(const std::string& path);

}  // namespace arenite::model
