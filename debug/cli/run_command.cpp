// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "debug/cli/commands.hpp"
#include "debug/cli/fail_each.hpp"
#include "debug/cli/run_environment.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {

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

}  // namespace arenite::cli
