// SPDX-License-Identifier: MIT
// `arenite`: looks at heaps from outside.
#include <array>
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

constexpr const char* kFooter =
    "Exit: 0 clean, 1 findings, 2 could not tell, 64 usage.\n"
    "Colour only on a terminal, and not if NO_COLOR is set.";

/// In the order --help lists them.
constexpr std::array kCommands{add_audit,     add_stat,    add_classes,  add_whatis,    add_sites,
                               add_blocks,    add_leaks,   add_refs,     add_path,      add_diff,
                               add_map,       add_watch,   add_export,   add_snapshot,  add_run,
                               add_symbolize, add_explain, add_programs, add_completion};

int main_of(int argc, char** argv) {
  CLI::App app("Looks at the heaps of Arenite, from outside.", "arenite");
  app.footer(kFooter);
  app.require_subcommand(1);
  std::function<int()> command;
  CommandLine line(app, command);
  for (const auto add_command : kCommands) add_command(line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kClean : kUsage;
  }
  try {
    return command();
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
