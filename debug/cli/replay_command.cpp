// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "debug/cli/program_commands.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {

int replay(const ProgramRequest& request, const Runner& runner) {
  const model::Program program = load_program(request.file);
  const ProgramEnd end =
      run_in_child(program, runner, {.audit_every = 1}, request.seconds, /*quiet=*/false);
  fmt::print("{}: {} operations on {}: {}\n", request.file, program.operations.size(),
             model::kGeometryNames[static_cast<unsigned>(program.configuration.geometry)],
             to_text(end, program));
  if (end.how != ProgramEnd::How::clean) return kFindings;
  fmt::print("{} of them did something\n", end.executed);
  return kClean;
}

}  // namespace arenite::cli
