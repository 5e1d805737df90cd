// SPDX-License-Identifier: MIT
// What `arenite run` puts into the environment of a program. Throws CannotTell if the library is
// not to be had.
#pragma once

#include <string>
#include <vector>

#include "debug/cli/run_request.hpp"

namespace arenite::cli {

struct RunEnvironment {
  std::string preload;  ///< LD_PRELOAD
  std::string options;  ///< ARENITE_OPTIONS

  /// Puts it into this process's environment.
  void set() const;
};

/// The settings come after what the environment says already, so that they count.
RunEnvironment run_environment(const RunRequest& request);

/// What is wrong with a setting of `RunRequest`; "" if nothing.
std::string complaint_about(const std::string& key, const std::string& value);

/// `options`, and KEY=VALUE behind them, escaped.
std::string with_option(std::string options, const std::string& key, const std::string& value);

/// As one word of a shell.
std::string shell_word(const std::string& text);

/// Replaces this process by the program; returns, with errno, only if that fails.
void execute(const std::vector<std::string>& program);

}  // namespace arenite::cli
