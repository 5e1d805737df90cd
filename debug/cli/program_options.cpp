// SPDX-License-Identifier: MIT
// The words of the command line that are about heap programs.
#include <map>
#include <string>

#include "debug/cli/command_line.hpp"
#include "debug/cli/program_commands.hpp"
#include "proptests/model/run.hpp"
#include "proptests/model/run_guarded.hpp"

namespace arenite::cli {
namespace {

const std::map<std::string, ProgramForm> kForms{
    {"text", ProgramForm::text}, {"cpp", ProgramForm::cpp}, {"hop", ProgramForm::hop}};

int replay_on_heap(const ProgramRequest& request) {
  return replay(request, request.guarded ? model::run_guarded : model::run);
}

int reduce_on_heap(const ProgramRequest& request) {
  return reduce(request, request.guarded ? model::run_guarded : model::run);
}

void add_guarded(CommandOptions& sub, ProgramRequest& request) {
  sub.add_flag("--guarded", request.guarded, "on the guard heap of the debug layer");
}

void add_file(CommandOptions& sub, ProgramRequest& request) {
  sub.add_option("file", request.file, "a heap program: .hop, body or text").required();
}

void add_seconds(CommandOptions& sub, ProgramRequest& request) {
  sub.add_option("--seconds", request.seconds, "give up after these; 60 if not given")
      .within(1u, 86400u);
}

}  // namespace

void add_programs(CommandLine& line) {
  {
    auto [sub, request] =
        line.add<ProgramRequest>("replay", "Run a heap program against the reference model",
                                 replay_on_heap, "  arenite replay counterexample.hop\n");
    add_file(sub, request);
    add_seconds(sub, request);
    add_guarded(sub, request);
  }
  {
    auto [sub, request] =
        line.add<ProgramRequest>("reduce", "Make a heap program that fails as small as can be",
                                 reduce_on_heap, "  arenite reduce crash-1f3a -o small.hop\n");
    add_file(sub, request);
    add_seconds(sub, request);
    add_guarded(sub, request);
    sub.add_option("-o,--output", request.output,
                   "the .hop file to write; text to stdout if not given");
  }
  auto [sub, request] = line.add<ProgramRequest>("show", "Print a heap program", show,
                                                 "  arenite show small.hop --as cpp\n");
  add_file(sub, request);
  sub.add_choice("--as", request.form, "text, cpp or hop; text if not given", kForms)
      .value_text("text|cpp|hop");
  sub.add_option("-o,--output", request.output, "the file to write; stdout if not given");
}

}  // namespace arenite::cli
