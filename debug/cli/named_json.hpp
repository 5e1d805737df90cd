// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "debug/cli/symbolizer.hpp"

namespace arenite::cli {

/// Puts function, file, line and column into the frames of a JSON report on one line; inlined
/// functions become frames before the one they are in. Any other line comes back as it is.
std::string name_frames_of_json(std::string_view line, Symbolizer& symbolizer);

}  // namespace arenite::cli
