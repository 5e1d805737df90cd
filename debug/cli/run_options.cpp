// SPDX-License-Identifier: MIT
#include "debug/cli/run_options.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "debug/cli/run_environment.hpp"
#include "debug/options/nearest.hpp"
#include "debug/options/option_table.hpp"
#include "debug/options/option_value.hpp"

namespace arenite::cli {
namespace {

constexpr const char* kSettings = "Of the library (ARENITE_OPTIONS)";
constexpr const char* kFailing = "One failing allocation after the other";

/// quarantine_mb -> quarantine-mb
std::string spelled(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string form_of(const OptionRow& row) {
  OptionLine<kOptionValueBytes> form;
  print_option_form(row, form);
  return std::string(form.view());
}

std::string meaning_of(const OptionRow& row) {
  OptionLine<kOptionValueBytes> usual;
  print_option_value(row, Options{}, usual);
  return fmt::format("{}{}", row.meaning,
                     usual.size() > 0 ? fmt::format(" (default {})", usual.view()) : "");
}

void add_setting(CLI::App& sub, const OptionRow& row, RunRequest& request) {
  const std::string name = spelled(row.name);
  const auto store = [&request, key = std::string(row.name)](const std::string& value) {
    request.settings[key] = value;
  };
  const std::string meaning = meaning_of(row);
  if (row.kind == OptionKind::flag)
    sub.add_flag(fmt::format("--{0}{{on}},--no-{0}{{off}}", name), meaning)
        ->each(store)
        ->group(kSettings);
  else
    sub.add_option_function<std::string>("--" + name, store, meaning)
        ->take_last()
        ->option_text(form_of(row))
        ->group(kSettings);
}

void refuse_unknown(const CLI::App& sub) {
  for (const std::string& word : sub.remaining()) {
    if (word == "--") continue;
    const std::string_view given(word.data(), std::min(word.find('='), word.size()));
    Nearest nearest(given);
    std::vector<std::string> names;
    for (const CLI::Option* option : sub.get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : names) nearest.offer(name);
    OptionLine<256> line;
    (line << "unknown option ").quote(given);
    if (!nearest.word().empty()) (line << "; did you mean ").quote(nearest.word()) << "?";
    throw CLI::ValidationError(line.c_str());
  }
}

/// A flag takes its value with '=' only; what stands behind a blank is the program.
void refuse_flag_words(const RunRequest& request) {
  if (request.program.empty()) return;
  const std::string& word = request.program[0];
  const bool marked = request.program.size() > 1 && request.program[1] == "--";
  for (const auto& [key, value] : request.settings)
    if (find_option(key)->kind == OptionKind::flag && complaint_about(key, word).empty() &&
        (marked || word == "on" || word == "off"))
      throw CLI::ValidationError(fmt::format("write --{0}={1}, not --{0} {1}", spelled(key), word));
}

void refuse_settings(const RunRequest& request) {
  for (const auto& [key, value] : request.settings) {
    if (const std::string complaint = complaint_about(key, value); !complaint.empty())
      throw CLI::ValidationError(complaint);
    if (request.fail_each && key.starts_with("fail_"))
      throw CLI::ValidationError("--" + spelled(key) + " does not go with --fail-each");
  }
}

}  // namespace

void add_run_options(CommandOptions& options, RunRequest& request) {
  CLI::App& sub = options.app();
  sub.add_option("program", request.program, "the program and its arguments");
  sub.add_flag("--print", request.print,
               "show what would be put into the environment, run nothing");
  CLI::Option* each =
      sub.add_flag("--fail-each", request.fail_each,
                   "run again and again, each time with another allocation failing, and say which "
                   "failures the program does not stand; --format is then of what is said")
          ->group(kFailing);
  sub.add_option("--fail-from", request.fail_from, "the first allocation to fail (default 1)")
      ->check(CLI::PositiveNumber)
      ->option_text("N")
      ->needs(each)
      ->group(kFailing);
  sub.add_option("--fail-most", request.fail_most, "runs at most (default: until none fails)")
      ->check(CLI::PositiveNumber)
      ->option_text("N")
      ->needs(each)
      ->group(kFailing);
  sub.add_option("--timeout", request.timeout_s, "seconds for each run (default 30)")
      ->check(CLI::PositiveNumber)
      ->option_text("SECONDS")
      ->needs(each)
      ->group(kFailing);
  for (const OptionRow& row : option_table())
    if (row.name != "help") add_setting(sub, row, request);
  // The program's own options are not looked at.
  sub.prefix_command();
  sub.positionals_at_end();
  sub.parse_complete_callback([&sub, &request] {
    refuse_unknown(sub);
    refuse_settings(request);
    refuse_flag_words(request);
    if (request.program.empty() && !request.print)
      throw CLI::ValidationError("no program given: arenite run [OPTIONS] -- PROGRAM ARGUMENTS");
  });
}

}  // namespace arenite::cli
