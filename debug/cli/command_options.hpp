// SPDX-License-Identifier: MIT
// What may stand behind a command, as the command's file says it. CLI11 does the work, out of
// sight: its header takes longer to compile than most files that would include it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

// The name is CLI11's.
namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
class Option;
}  // namespace CLI

namespace arenite::cli {

/// Says more about an option that was added.
class OptionHandle {
 public:
  explicit OptionHandle(CLI::Option* option) : option_(option) {}

  OptionHandle& required();
  /// Taken, but neither in --help nor in the manual page.
  OptionHandle& hidden();
  /// What --help shows in place of the value.
  OptionHandle& value_text(const std::string& text);
  /// Several values may stand in one word.
  OptionHandle& delimiter(char between);
  /// The option stands before each of its values, and does not take all that follow.
  OptionHandle& single_values();

  OptionHandle& positive();
  OptionHandle& within(unsigned least, unsigned most);
  OptionHandle& within(double least, double most);
  OptionHandle& one_of(const std::vector<std::string>& values);
  OptionHandle& existing_file();
  /// `complaint`: what is wrong with a value; "" if nothing.
  OptionHandle& check(const std::function<std::string(const std::string&)>& complaint);
  /// A number is multiplied by that of its unit, if there is one; `kind`: what --help calls it.
  OptionHandle& in_units(const std::map<std::string, double>& units, const std::string& kind);

 private:
  CLI::Option* option_;
};

/// The options of the tool, of one of its commands, or a group of them. What they store into must
/// live until the command line is parsed.
class CommandOptions {
 public:
  explicit CommandOptions(CLI::App* app) : app_(app) {}

  /// `names`: "-o,--output", say; without dashes it is known by its place. There is one for each
  /// type of value in use.
  template <class Value>
  OptionHandle add_option(const std::string& names, Value& value, const std::string& what);
  OptionHandle add_flag(const std::string& names, bool& value, const std::string& what = "");
  /// An option that takes a name, and stores what the name stands for.
  template <class Enum>
  OptionHandle add_choice(const std::string& names, Enum& value, const std::string& what,
                          const std::map<std::string, Enum>& choices) {
    return add_word(names, what, words_of(choices),
                    [&value, choices](const std::string& word) { value = choices.at(word); });
  }
  /// The same for several names, in upper or lower case.
  template <class Enum>
  OptionHandle add_choices(const std::string& names, std::vector<Enum>& values,
                           const std::string& what, const std::map<std::string, Enum>& choices) {
    return add_words(names, what, words_of(choices), [&values, choices](const Words& given) {
      values.clear();
      for (const std::string& word : given) values.push_back(choices.at(word));
    });
  }

  /// Options that stand together in --help, and of which some may be required.
  CommandOptions add_group(const std::string& name, const std::string& what);
  /// Exactly one of these options must be given.
  void require_one();
  void require_at_least_one();

  /// `given` is called once the command was parsed.
  CommandOptions add_command(const std::string& name, const std::string& what,
                             const std::function<void()>& given);
  /// Stands below the options in --help.
  void footer(const std::string& text);

  /// For what can only be said to CLI11 itself.
  CLI::App& app() const { return *app_; }

 private:
  using Words = std::vector<std::string>;

  template <class Enum>
  static Words words_of(const std::map<std::string, Enum>& choices) {
    Words words;
    words.reserve(choices.size());
    for (const auto& [word, value] : choices) words.push_back(word);
    return words;
  }

  /// `store` is given one of `words`, spelled as there.
  OptionHandle add_word(const std::string& names, const std::string& what, const Words& words,
                        const std::function<void(const std::string&)>& store);
  OptionHandle add_words(const std::string& names, const std::string& what, const Words& words,
                         const std::function<void(const Words&)>& store);

  CLI::App* app_;
};

}  // namespace arenite::cli
