// SPDX-License-Identifier: MIT
// Commands whose words are added in command_line.cpp. Each returns an ExitCode; each may throw
// CannotTell, which becomes a message and kCannotTell.
#pragma once

#include <string>

#include "debug/target/source.hpp"

namespace arenite::cli {

/// A command takes those it says it does.
enum class Format { text, json, sarif };

int take_snapshot(const Source& source, const std::string& path, bool full, Format format);
int whatis(const Source& source, const std::string& address, Format format);

}  // namespace arenite::cli
