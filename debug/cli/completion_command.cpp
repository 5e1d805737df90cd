// SPDX-License-Identifier: MIT
// `arenite completion` and `arenite man`: written from the very options that are parsed, so that
// they cannot be out of date.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "debug/cli/command_line.hpp"
#include "debug/target/exit_code.hpp"

namespace arenite::cli {
namespace {

struct Request {
  const CLI::App* app = nullptr;
  std::string shell;
};

/// What one may type behind a command: --options and -o.
std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> words;
  const auto add = [&](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options()) {
      if (option->get_group().empty()) continue;
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
      for (const std::string& name : option->get_snames()) words.push_back("-" + name);
    }
  };
  add(app);
  // Groups of options are commands without a name.
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); }))
    add(*group);
  return words;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  const auto named = app.get_subcommands(
      [](const CLI::App* sub) { return !sub->get_name().empty() && !sub->get_group().empty(); });
  return {named.begin(), named.end()};
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

void print_bash(const CLI::App& app) {
  fmt::print(
      "# bash completion for arenite: source <(arenite completion bash)\n"
      "_arenite() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words\n"
      "  case $previous in\n"
      "    --pid) COMPREPLY=($(compgen -W \"$(ps -eo pid=)\" -- \"$word\")); return ;;\n"
      "    --core|--snapshot|-o|--output|--suppressions)\n"
      "      COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
      "    --format) COMPREPLY=($(compgen -W 'text json sarif' -- \"$word\")); return ;;\n"
      "  esac\n"
      "  case ${{COMP_WORDS[1]}} in\n");
  std::string names;
  for (const CLI::App* command : commands_of(app)) {
    names += command->get_name() + " ";
    fmt::print("    {}) words='{}' ;;\n", command->get_name(), fmt::join(words_of(*command), " "));
  }
  fmt::print(
      "    *) words='' ;;\n  esac\n"
      "  [ \"$COMP_CWORD\" = 1 ] && words='{}--help'\n"
      "  COMPREPLY=($(compgen -W \"$words\" -f -- \"$word\"))\n"
      "}}\ncomplete -F _arenite arenite\n",
      names);
}

/// For single quotes of sh, zsh and fish alike.
std::string quoted(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'') continue;
    safe += c == ':' || c == '[' || c == ']' ? ' ' : c;
  }
  return safe;
}

void print_zsh(const CLI::App& app) {
  fmt::print(
      "#compdef arenite\n"
      "# zsh completion for arenite: arenite completion zsh > \"${{fpath[1]}}/_arenite\"\n"
      "_arenite() {{\n  local -a commands\n  commands=(\n");
  for (const CLI::App* command : commands_of(app))
    fmt::print("    '{}:{}'\n", command->get_name(),
               quoted(first_line(command->get_description())));
  fmt::print(
      "  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
      "  case $words[2] in\n");
  for (const CLI::App* command : commands_of(app))
    fmt::print("    {}) compadd -- {} ;;\n", command->get_name(),
               fmt::join(words_of(*command), " "));
  fmt::print("  esac\n  _files\n}}\ncompdef _arenite arenite\n");
}

void print_fish(const CLI::App& app) {
  fmt::print("# fish completion for arenite: arenite completion fish | source\n");
  for (const CLI::App* command : commands_of(app)) {
    fmt::print("complete -c arenite -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(),
               quoted(first_line(command->get_description())));
    for (const std::string& word : words_of(*command))
      fmt::print("complete -c arenite -n '__fish_seen_subcommand_from {}' -{} {}\n",
                 command->get_name(), word.starts_with("--") ? "l" : "s",
                 word.substr(word.starts_with("--") ? 2 : 1));
  }
}

int run_completion(const Request& request) {
  if (request.shell == "bash") print_bash(*request.app);
  if (request.shell == "zsh") print_zsh(*request.app);
  if (request.shell == "fish") print_fish(*request.app);
  return kClean;
}

// ---- man ----

/// What roff would take for its own.
std::string roff(const std::string& text) {
  std::string safe;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) safe += "\\&";
    safe += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    line_begins = c == '\n';
  }
  return safe;
}

void print_options(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const std::string value = CLI::Formatter().make_option_opts(option);
    fmt::print(".TP\n\\fB{}\\fR{}\n{}\n", roff(option->get_name(option->get_positional())),
               value.empty() ? "" : "\\fI" + roff(value) + "\\fR", roff(option->get_description()));
  }
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); }))
    print_options(*group);
}

int run_man(const Request& request) {
  fmt::print(
      ".TH ARENITE 1\n.SH NAME\narenite \\- looks at heaps of Arenite, from outside\n"
      ".SH SYNOPSIS\n.B arenite\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n"
      "Looks at the heap of a process, of a core file or of a snapshot: \\fB\\-\\-pid\\fR, "
      "\\fB\\-\\-core\\fR, \\fB\\-\\-snapshot\\fR. A process stands still meanwhile; it is never "
      "written to. Neither symbols nor debug information are needed; with them, stacks have "
      "names.\n.SH COMMANDS\n");
  for (const CLI::App* command : commands_of(*request.app)) {
    fmt::print(".SS {}\n{}.\n", roff(command->get_name()), roff(command->get_description()));
    print_options(*command);
    const std::string footer = command->get_footer();
    if (!footer.empty()) fmt::print(".PP\n.nf\n{}\n.fi\n", roff(footer));
  }
  fmt::print(
      ".SH EXIT STATUS\n.TP\n.B 0\nclean\n.TP\n.B 1\nfindings\n.TP\n.B 2\ncould not tell: no "
      "such process, no heap in it, a damaged file, memory that could not be read, a process "
      "never at rest; what was found is printed\n.TP\n.B 64\nusage\n"
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour, on terminals either\n.TP\n"
      ".B ARENITE_LIBRARY\nthe library that \\fBarenite run\\fR preloads\n"
      ".SH SEE ALSO\n.BR gdb (1),\n.BR pprof (1)\n");
  return kClean;
}

}  // namespace

void add_completion(CommandLine& line) {
  {
    auto [sub, request] =
        line.add<Request>("completion", "Print completions for a shell", run_completion,
                          "  source <(arenite completion bash)\n");
    request.app = &line.app();
    sub.add_option("shell", request.shell, "bash, zsh or fish")
        .required()
        .one_of({"bash", "zsh", "fish"});
  }
  auto [sub, request] =
      line.add<Request>("man", "Print the manual page", run_man, "  arenite man | man -l -\n");
  (void)sub;
  request.app = &line.app();
}

}  // namespace arenite::cli
