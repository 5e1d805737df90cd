// SPDX-License-Identifier: MIT
// How a command says what it takes: in its own file, beside what it does.
//
//   struct Request { Source source; Format format = Format::text; };
//   int run(const Request& request);
//
//   void add_sites(CommandLine& line) {
//     auto [sub, request] = line.add<Request>("sites", "Count live blocks by ...", run,
//                                             "arenite sites --pid 4711 --pins\n");
//     add_source(sub, request.source);
//     add_format(sub, request.format);
//   }
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

#include "debug/cli/command_options.hpp"
#include "debug/cli/commands.hpp"

namespace arenite::cli {

class CommandLine {
 public:
  /// `chosen` becomes what does the command that was given. Both outlive this.
  CommandLine(CLI::App& app, std::function<int()>& chosen) : program_(&app), chosen_(chosen) {}

  template <class Request>
  struct Added {
    CommandOptions sub;
    Request& request;
  };

  /// `examples`: lines for --help, each with its newline.
  template <class Request>
  Added<Request> add(const char* name, const char* what, int (*run)(const Request& request),
                     const char* examples) {
    const auto request = std::make_shared<Request>();
    CommandOptions sub = program_.add_command(name, what, [&chosen = chosen_, request, run] {
      chosen = [request, run] { return run(*request); };
    });
    if (*examples != '\0') sub.footer(std::string("Examples:\n") + examples);
    return {sub, *request};
  }

  const CLI::App& app() const { return program_.app(); }

 private:
  CommandOptions program_;
  std::function<int()>& chosen_;
};

/// --pid, --core, --snapshot: one of them must be given.
void add_source(CommandOptions& sub, Source& source);
/// --format, one of those named.
void add_format(CommandOptions& sub, Format& format,
                std::initializer_list<Format> formats = {Format::text, Format::json});

// A command each, unless it says more.
void add_audit(CommandLine& line);
void add_blocks(CommandLine& line);
void add_classes(CommandLine& line);
void add_diff(CommandLine& line);
void add_explain(CommandLine& line);
void add_export(CommandLine& line);
void add_leaks(CommandLine& line);
void add_map(CommandLine& line);
void add_path(CommandLine& line);
void add_refs(CommandLine& line);
void add_run(CommandLine& line);
void add_sites(CommandLine& line);
void add_snapshot(CommandLine& line);
void add_stat(CommandLine& line);
void add_symbolize(CommandLine& line);
void add_watch(CommandLine& line);
void add_whatis(CommandLine& line);
/// completion, man
void add_completion(CommandLine& line);
/// replay, reduce, show
void add_programs(CommandLine& line);

}  // namespace arenite::cli
