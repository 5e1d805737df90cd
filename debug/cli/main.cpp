// SPDX-License-Identifier: MIT
// `arenite`: looks at heaps from outside.
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/cli/commands.hpp"
#include "debug/cli/run_options.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/report/helper.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

constexpr const char* kFooter =
    "Exit: 0 clean, 1 findings, 2 could not tell, 64 usage.\n"
    "Colour only on a terminal, and not if NO_COLOR is set.";

/// What the command line says; `command` does it.
struct Request {
  Format format = Format::text;
  Source source;
  std::string output;
  bool full = false;
  std::string geometry = "production";
  std::string invariant;
  std::string address;
  std::string report;
  bool handed_over = false;
  RunRequest run;
  std::function<int()> command;
};

void add_commands(CLI::App& app, Request& request) {
  const auto add = [&](const char* name, const char* what, auto command) {
    CLI::App* sub = app.add_subcommand(name, what);
    sub->callback([&request, command] { request.command = command; });
    return sub;
  };
  Request& r = request;
  CLI::App* sub =
      add("audit", "Check every invariant of a heap", [&r] { return audit(r.source, r.format); });
  add_source(*sub, r.source);
  add_format(*sub, r.format);

  sub = add("stat", "Say what every mapped byte is used for",
            [&r] { return stat(r.source, r.format); });
  add_source(*sub, r.source);
  add_format(*sub, r.format);

  sub = add("snapshot", "Save a heap's state to a file",
            [&r] { return take_snapshot(r.source, r.output, r.full, r.format); });
  add_source(*sub, r.source);
  sub->add_option("-o,--output", r.output, "the file to write")->required();
  sub->add_flag("--full", r.full, "with the contents of all blocks");
  add_format(*sub, r.format);

  sub = add("whatis", "Say what lies at an address",
            [&r] { return whatis(r.source, r.address, r.format); });
  sub->add_option("address", r.address, "in hexadecimal")->required();
  add_source(*sub, r.source);
  add_format(*sub, r.format);

  sub = add("classes", "Print the size classes of a geometry",
            [&r] { return classes(r.geometry, r.format); });
  sub->add_option("--geometry", r.geometry, "which; production if not given")
      ->check(CLI::IsMember({"production", "classic", "tiny"}));
  add_format(*sub, r.format);

  sub = add("explain", "Say what an invariant means",
            [&r] { return explain(r.invariant, r.format); });
  sub->add_option("id", r.invariant, "P4, say; all if not given");
  add_format(*sub, r.format);

  sub = add("symbolize", "Put functions, files and lines into a report",
            [&r] { return symbolize(r.report, r.handed_over); });
  sub->add_option("file", r.report, "a text or JSON report; stdin if not given");
  sub->add_flag(kHelperFlag, r.handed_over)->group("");

  sub = add("run", "Run a program on Arenite", [&r] { return run(r.run); });
  add_run_options(*sub, r.run);

  CommandLine line(app, r.command);
  add_leaks(line);
  add_map(line);
  add_sites(line);
  add_programs(line);

  app.require_subcommand(1);
}

int main_of(int argc, char** argv) {
  CLI::App app("Looks at the heaps of Arenite, from outside.", "arenite");
  app.footer(kFooter);
  Request request;
  add_commands(app, request);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kClean : kUsage;
  }
  try {
    return request.command();
  } catch (const CannotTell& reason) {
    fmt::print(stderr, "arenite: {}\n", reason.what());
  } catch (const std::exception& reason) {
    fmt::print(stderr, "arenite: cannot go on: {}\n", reason.what());
  }
  return kCannotTell;
}

}  // namespace
}  // namespace arenite::cli

int main(int argc, char** argv) {
  return arenite::cli::main_of(argc, argv);
}
