// SPDX-License-Identifier: MIT
#include "debug/cli/command_options.hpp"

#include <sys/types.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <CLI/CLI.hpp>

namespace arenite::cli {
namespace {

/// CLI11 itself takes "-1" for a large number, and what is too large for the largest.
template <class Number>
std::string no_number(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && behind == end
             ? ""
             : text + " is no number from 0 to " +
                   std::to_string(std::numeric_limits<Number>::max());
}

}  // namespace

OptionHandle& OptionHandle::required() {
  option_->required();
  return *this;
}

OptionHandle& OptionHandle::hidden() {
  option_->group("");
  return *this;
}

OptionHandle& OptionHandle::value_text(const std::string& text) {
  option_->option_text(text);
  return *this;
}

OptionHandle& OptionHandle::delimiter(char between) {
  option_->delimiter(between);
  return *this;
}

OptionHandle& OptionHandle::single_values() {
  option_->allow_extra_args(false);
  return *this;
}

OptionHandle& OptionHandle::positive() {
  // CLI11's own tells of all a double can hold.
  option_->check(CLI::Validator(
      [](const std::string& text) {
        const bool positive = text != "0" && no_number<std::uint32_t>(text).empty();
        return positive ? "" : text + " is no number above 0";
      },
      "POSITIVE"));
  return *this;
}

OptionHandle& OptionHandle::within(unsigned least, unsigned most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

OptionHandle& OptionHandle::within(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

OptionHandle& OptionHandle::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

OptionHandle& OptionHandle::existing_file() {
  option_->check(CLI::ExistingFile);
  return *this;
}

OptionHandle& OptionHandle::check(const std::function<std::string(const std::string&)>& complaint) {
  option_->check(complaint);
  return *this;
}

OptionHandle& OptionHandle::in_units(const std::map<std::string, double>& units,
                                     const std::string& kind) {
  option_->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_OPTIONAL, kind));
  return *this;
}

template <class Value>
OptionHandle CommandOptions::add_option(const std::string& names, Value& value,
                                        const std::string& what) {
  CLI::Option* const option = app_->add_option(names, value, what);
  if constexpr (std::is_unsigned_v<Value>)
    option->check(
        CLI::Validator([](const std::string& text) { return no_number<Value>(text); }, ""));
  return OptionHandle(option);
}

template OptionHandle CommandOptions::add_option(const std::string&, std::string&,
                                                 const std::string&);
template OptionHandle CommandOptions::add_option(const std::string&, std::vector<std::string>&,
                                                 const std::string&);
template OptionHandle CommandOptions::add_option(const std::string&, pid_t&, const std::string&);
template OptionHandle CommandOptions::add_option(const std::string&, unsigned&, const std::string&);
template OptionHandle CommandOptions::add_option(const std::string&, std::size_t&,
                                                 const std::string&);
template OptionHandle CommandOptions::add_option(const std::string&, double&, const std::string&);

OptionHandle CommandOptions::add_flag(const std::string& names, bool& value,
                                      const std::string& what) {
  return OptionHandle(app_->add_flag(names, value, what));
}

// CLI11 is told of words only: it could look numbers up for them, but writes those of one byte as
// characters, and takes the numbers, too.
OptionHandle CommandOptions::add_word(const std::string& names, const std::string& what,
                                      const Words& words,
                                      const std::function<void(const std::string&)>& store) {
  return OptionHandle(app_->add_option_function(names, store, what)->check(CLI::IsMember(words)));
}

OptionHandle CommandOptions::add_words(const std::string& names, const std::string& what,
                                       const Words& words,
                                       const std::function<void(const Words&)>& store) {
  return OptionHandle(app_->add_option_function(names, store, what)
                          ->transform(CLI::IsMember(words, CLI::ignore_case)));
}

CommandOptions CommandOptions::add_group(const std::string& name, const std::string& what) {
  return CommandOptions(app_->add_option_group(name, what));
}

void CommandOptions::require_one() {
  app_->require_option(1);
}

void CommandOptions::require_at_least_one() {
  app_->require_option(1, 0);
}

CommandOptions CommandOptions::add_command(const std::string& name, const std::string& what,
                                           const std::function<void()>& given) {
  CLI::App* command = app_->add_subcommand(name, what);
  command->callback(given);
  return CommandOptions(command);
}

void CommandOptions::footer(const std::string& text) {
  app_->footer(text);
}

}  // namespace arenite::cli
