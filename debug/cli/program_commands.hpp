// SPDX-License-Identifier: MIT
// The sub-commands of `arenite` that are about heap programs (proptests/README.md). A file may be a
// container, a body, or text. Each returns an ExitCode and may throw CannotTell, as those of
// command_line.hpp.
#pragma once

#include <string>

#include "debug/cli/program_child.hpp"

namespace arenite::cli {

enum class ProgramForm : std::uint8_t { text, cpp, hop };

/// What the command line says.
struct ProgramRequest {
  std::string file = {};
  /// "": stdout.
  std::string output = {};
  ProgramForm form = ProgramForm::text;
  unsigned seconds = 60;
  bool guarded = false;
};

/// Runs the program with the audit after each operation; prints the first divergence.
int replay(const ProgramRequest& request, const Runner& runner);
/// Makes a failing program as small as it can be and still fail alike.
int reduce(const ProgramRequest& request, const Runner& runner);
/// Prints the program, or writes it.
int show(const ProgramRequest& request);

/// Throws CannotTell if there is no program in the file.
model::Program load_program(const std::string& file);
/// To `file`, or to stdout if that is "".
void write_program(const model::Program& program, ProgramForm form, const std::string& file);

}  // namespace arenite::cli
