// SPDX-License-Identifier: MIT
#include <chrono>

#include <fmt/format.h>

#include "debug/cli/program_commands.hpp"
#include "debug/target/exit_code.hpp"
#include "proptests/model/reduce.hpp"

namespace arenite::cli {
namespace {

/// For one candidate: what takes longer than this is taken for no end at all.
constexpr unsigned kCandidateSeconds = 5;

}  // namespace

int reduce(const ProgramRequest& request, const Runner& runner) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  const auto seconds = [began] {
    return std::chrono::duration<double>(Clock::now() - began).count();
  };
  const auto run = [&runner](const model::Program& candidate) {
    return run_in_child(candidate, runner, {.audit_every = 1}, kCandidateSeconds, /*quiet=*/true);
  };
  const model::Program program = load_program(request.file);
  const ProgramEnd end = run(program);
  if (end.how == ProgramEnd::How::clean) {
    fmt::print(stderr, "{}: does not fail, nothing to reduce\n", request.file);
    return kClean;
  }
  const model::Reduced reduced = model::reduce(
      program, [&](const model::Program& candidate) { return run(candidate).is_like(end); },
      [&] { return seconds() < request.seconds; });
  fmt::print(stderr, "{}: {} operations reduced to {} in {} runs, {:.1f} s{}\n{}\n", request.file,
             program.operations.size(), reduced.program.operations.size(), reduced.asked, seconds(),
             reduced.complete ? "" : "; time was up",
             to_text(run(reduced.program), reduced.program));
  write_program(reduced.program, request.output.empty() ? ProgramForm::text : ProgramForm::hop,
                request.output);
  return kFindings;
}

}  // namespace arenite::cli
