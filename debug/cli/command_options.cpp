// SPDX-License-Identifier: MIT
#include "debug/cli/command_options.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include <CLI/CLI.hpp>

namespace arenite::cli {
namespace {

/// CLI11 is told of an enum, not of numbers: it writes and reads those of one byte as characters.
template <class Integer>
struct StandIn {
  enum class Enum : Integer {};
};
template <class Integer>
using StandInEnum = typename StandIn<Integer>::Enum;

template <class Integer>
std::map<std::string, StandInEnum<Integer>> stand_ins(
    const std::map<std::string, Integer>& choices) {
  std::map<std::string, StandInEnum<Integer>> result;
  for (const auto& [name, number] : choices) result[name] = StandInEnum<Integer>{number};
  return result;
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
  option_->check(CLI::PositiveNumber);
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
  return OptionHandle(app_->add_option(names, value, what));
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

template <class Integer>
OptionHandle CommandOptions::add_number(const std::string& names, const std::string& what,
                                        const std::map<std::string, Integer>& choices,
                                        const std::function<void(Integer)>& store) {
  using Enum = StandInEnum<Integer>;
  const auto store_enum = [store](Enum value) { store(static_cast<Integer>(value)); };
  return OptionHandle(app_->add_option_function<Enum>(names, store_enum, what)
                          ->transform(CLI::CheckedTransformer(stand_ins(choices))));
}

template OptionHandle CommandOptions::add_number(const std::string&, const std::string&,
                                                 const std::map<std::string, int>&,
                                                 const std::function<void(int)>&);
template OptionHandle CommandOptions::add_number(const std::string&, const std::string&,
                                                 const std::map<std::string, std::uint8_t>&,
                                                 const std::function<void(std::uint8_t)>&);

template <class Integer>
OptionHandle CommandOptions::add_numbers(
    const std::string& names, const std::string& what,
    const std::map<std::string, Integer>& choices,
    const std::function<void(const std::vector<Integer>&)>& store) {
  using Enum = StandInEnum<Integer>;
  const auto store_enums = [store](const std::vector<Enum>& values) {
    std::vector<Integer> numbers;
    numbers.reserve(values.size());
    for (const Enum value : values) numbers.push_back(static_cast<Integer>(value));
    store(numbers);
  };
  return OptionHandle(
      app_->add_option_function<std::vector<Enum>>(names, store_enums, what)
          ->transform(CLI::CheckedTransformer(stand_ins(choices), CLI::ignore_case)));
}

template OptionHandle CommandOptions::add_numbers(
    const std::string&, const std::string&, const std::map<std::string, std::uint8_t>&,
    const std::function<void(const std::vector<std::uint8_t>&)>&);

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
