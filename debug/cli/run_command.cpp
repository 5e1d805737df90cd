// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/cli/fail_each.hpp"
#include "debug/cli/run_environment.hpp"
#include "debug/cli/run_options.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

/// Replaces this process by the program, with the library preloaded, and returns if that fails; or
/// shows the environment, or walks the program's allocations.
int run(const RunRequest& request) {
  const RunEnvironment environment = run_environment(request);
  if (request.print) {
    fmt::print("LD_PRELOAD={}\nARENITE_OPTIONS={}\n", shell_word(environment.preload),
               shell_word(environment.options));
    return kClean;
  }
  if (request.fail_each) return run_fail_each(request, environment);
  environment.set();
  execute(request.program);
  // As a shell says it.
  const int error = errno;
  fmt::print(stderr, "arenite: {}: {}\n", request.program[0], std::strerror(error));
  return error == ENOENT ? 127 : 126;
}

}  // namespace

void add_run(CommandLine& line) {
  auto [sub, request] = line.add<RunRequest>(
      "run", "Run a program on Arenite", run,
      "  arenite run -- ./program --its-option\n"
      "  arenite run --mode debug -- ./program       finds errors of memory\n"
      "  arenite run --fail-each -- ./program        tries what it does without\n");
  add_run_options(sub, request);
}

}  // namespace arenite::cli
