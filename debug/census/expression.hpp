// SPDX-License-Identifier: MIT
// A small language of conditions, for `blocks --where` and for `--fail-on`:
//
//   size >= 4K and state == live and not module ~ libssl
//
// Fields are numbers or texts. Numbers may be hexadecimal, and end in K, M, G or T (times 1024).
// == != < <= > >= compare numbers; texts know == and != and ~, a pattern found anywhere in the
// text:
// '*' stands for anything, '^' and '$' tie it to the ends. `and` `or` `not` are also && || !, and
// there are parentheses. Text with other signs in it stands in quotes, single or double.
//
// What is wrong is told with the place it is at. Parsing and evaluation are bounded; no recursion.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace arenite {

struct Field {
  std::string_view name;
  bool text = false;
  std::string_view meaning;  ///< for help
  /// The texts it may have, separated by spaces; empty: any.
  std::string_view texts = {};
};

class ExpressionError : public std::runtime_error {
 public:
  ExpressionError(const std::string& what, std::size_t place)
      : std::runtime_error(what), place_(place) {}
  /// In the text, from 0.
  std::size_t place() const { return place_; }

 private:
  std::size_t place_;
};

/// The text, a caret under the place, and what is wrong there: three lines.
std::string pointed_at(std::string_view text, const ExpressionError& error);

class Expression {
 public:
  /// Asked for the value of a field by its number in the list given to the constructor.
  struct Values {
    std::function<std::uint64_t(std::size_t field)> number;
    /// Whether one of the texts that the field has satisfies the test.
    std::function<bool(std::size_t field, const std::function<bool(std::string_view)>& test)> text;
  };

  /// Holds for everything.
  Expression() = default;
  /// Throws ExpressionError. Requires: `fields` outlives nothing; it is not kept.
  Expression(std::string_view text, const std::vector<Field>& fields);

  bool holds(const Values& values) const;
  bool empty() const { return steps_.empty(); }
  /// Whether the field is in it.
  bool mentions(std::size_t field) const;

 private:
  friend class ExpressionParser;

  enum class Operation : std::uint8_t {
    equal,
    unequal,
    less,
    less_equal,
    greater,
    greater_equal,
    matches,
    both,
    either,
    negate,
  };
  /// In the order in which a stack of truths needs them.
  struct Step {
    Operation operation;
    bool text = false;
    std::size_t field = 0;
    std::uint64_t number = 0;
    std::string pattern = {};
  };

  static bool compare(const Step& step, const Values& values);

  std::vector<Step> steps_;
};

}  // namespace arenite
