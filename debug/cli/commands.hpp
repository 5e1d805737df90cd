// SPDX-License-Identifier: MIT
// The sub-commands of `arenite`. Each returns an ExitCode; each may throw CannotTell, which becomes
// a message and kCannotTell.
#pragma once

#include <string>

#include "debug/cli/run_request.hpp"
#include "debug/target/source.hpp"

namespace arenite::cli {

/// A command takes those it says it does.
enum class Format { text, json, sarif };

int audit(const Source& source, Format format);
int stat(const Source& source, Format format);
int take_snapshot(const Source& source, const std::string& path, bool full, Format format);
/// `geometry`: production, classic or tiny.
int classes(const std::string& geometry, Format format);
/// "" explains all.
int explain(const std::string& id, Format format);
/// Names the frames of the report in a file, stdin if "", to stdout. `handed_over`: from a failing
/// process, see debug/report/helper.hpp.
int symbolize(const std::string& path, bool handed_over);
int whatis(const Source& source, const std::string& address, Format format);
/// Replaces this process by the program, with the library preloaded, and returns if that fails; or
/// shows the environment, or walks the program's allocations (`fail_each`).
int run(const RunRequest& request);

}  // namespace arenite::cli
