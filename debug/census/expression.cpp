// SPDX-License-Identifier: MIT
#include "debug/census/expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "debug/leaks/suppressions.hpp"

namespace arenite {
namespace {

constexpr std::size_t kMostSteps = 256;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '*' || c == '/' || c == '-' || c == '+' || c == '^' || c == '$' ||
         c == ':';
}

enum class Kind : std::uint8_t { word, quoted, sign, end };

struct Token {
  Kind kind;
  std::string text;
  std::size_t place;
};

std::vector<Token> tokens_of(std::string_view text) {
  constexpr std::array<std::string_view, 13> kSigns{"&&", "||", "==", "!=", "<=", ">=", "<",
                                                    ">",  "~",  "!",  "(",  ")",  "="};
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n') {
      ++at;
      continue;
    }
    std::size_t end = at;
    if (c == '"' || c == '\'') {
      end = text.find(c, at + 1);
      if (end == std::string_view::npos) throw ExpressionError("the quote is not closed", at);
      tokens.push_back({Kind::quoted, std::string(text.substr(at + 1, end - at - 1)), at});
      at = end + 1;
      continue;
    }
    const auto sign = std::find_if(kSigns.begin(), kSigns.end(), [&](std::string_view one) {
      return text.substr(at).starts_with(one);
    });
    if (sign != kSigns.end()) {
      tokens.push_back({Kind::sign, std::string(*sign == "=" ? "==" : *sign), at});
      at += sign->size();
      continue;
    }
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == at) throw ExpressionError("this has no meaning here; text goes in quotes", at);
    tokens.push_back({Kind::word, std::string(text.substr(at, end - at)), at});
    at = end;
  }
  tokens.push_back({Kind::end, "", text.size()});
  return tokens;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(stop - text.data()));
  if (unit.empty()) return number;
  constexpr std::string_view kUnits = "KMGT";
  const std::size_t power =
      kUnits.find(static_cast<char>(unit[0] >= 'a' ? unit[0] - 'a' + 'A' : unit[0]));
  const bool rest = unit.size() == 1 || unit.substr(1) == "iB" || unit.substr(1) == "B";
  if (power == std::string_view::npos || !rest) return std::nullopt;
  const unsigned shift = 10 * (static_cast<unsigned>(power) + 1);
  if (number >> (64 - shift) != 0) return std::nullopt;
  return number << shift;
}

}  // namespace

/// By two stacks, of operators that wait and of what is finished (Dijkstra's shunting yard).
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const std::vector<Field>& fields)
      : tokens_(tokens_of(text)), fields_(fields) {}

  std::vector<Expression::Step> parse() {
    bool wants_operand = true;
    for (; here().kind != Kind::end; ++next_) {
      if (steps_.size() + waiting_.size() > kMostSteps) fail("this is too long");
      wants_operand = wants_operand ? operand() : connective();
    }
    if (wants_operand) fail("something is missing here");
    while (!waiting_.empty()) {
      if (waiting_.back().sign == "(")
        throw ExpressionError("the parenthesis is not closed", waiting_.back().place);
      finish();
    }
    return std::move(steps_);
  }

 private:
  struct Waiting {
    std::string sign;
    std::size_t place;
  };

  const Token& here() const { return tokens_[next_]; }
  [[noreturn]] void fail(const std::string& what) const {
    throw ExpressionError(what, here().place);
  }
  static int binding(const std::string& sign) {
    return sign == "!" ? 3 : sign == "&&" ? 2 : sign == "||" ? 1 : 0;
  }
  std::string sign() const {
    if (here().kind == Kind::word) {
      if (here().text == "and") return "&&";
      if (here().text == "or") return "||";
      if (here().text == "not") return "!";
    }
    return here().kind == Kind::sign ? here().text : "";
  }

  /// What begins a condition. Whether one is still wanted behind it.
  bool operand() {
    const std::string known = sign();
    if (known == "!" || known == "(") {
      waiting_.push_back({known, here().place});
      return true;
    }
    if (here().kind != Kind::word || !known.empty()) fail("a field is wanted here: " + names());
    comparison();
    return false;
  }

  /// What may stand behind a condition. Whether another one is wanted.
  bool connective() {
    const std::string known = sign();
    if (known == ")") {
      while (!waiting_.empty() && waiting_.back().sign != "(") finish();
      if (waiting_.empty()) fail("there is no parenthesis to close");
      waiting_.pop_back();
      return false;
    }
    if (known != "&&" && known != "||") fail("`and` or `or` is wanted here");
    while (!waiting_.empty() && binding(waiting_.back().sign) >= binding(known)) finish();
    waiting_.push_back({known, here().place});
    return true;
  }

  void finish() {
    const std::string& known = waiting_.back().sign;
    steps_.push_back({known == "!"    ? Expression::Operation::negate
                      : known == "&&" ? Expression::Operation::both
                                      : Expression::Operation::either});
    waiting_.pop_back();
  }

  void comparison() {
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const Field& one) { return one.name == here().text; });
    if (field == fields_.end()) fail("there is no field " + here().text + "; there are " + names());
    ++next_;
    Expression::Step step{operation(*field)};
    ++next_;
    step.field = static_cast<std::size_t>(field - fields_.begin());
    step.text = field->text;
    if (here().kind == Kind::end || here().kind == Kind::sign) fail("a value is wanted here");
    if (field->text)
      step.pattern = text_for(*field, step.operation);
    else
      step.number = number();
    steps_.push_back(std::move(step));
  }

  Expression::Operation operation(const Field& field) const {
    using Operation = Expression::Operation;
    constexpr std::array<std::pair<std::string_view, Operation>, 7> kOperations{
        {{"==", Operation::equal},
         {"!=", Operation::unequal},
         {"~", Operation::matches},
         {"<", Operation::less},
         {"<=", Operation::less_equal},
         {">", Operation::greater},
         {">=", Operation::greater_equal}}};
    for (std::size_t i = 0; i < kOperations.size(); ++i) {
      if (here().kind != Kind::sign || here().text != kOperations[i].first) continue;
      if (field.text ? i > 2 : i == 2)
        fail(std::string(field.name) + (field.text ? " is a text: == != ~ compare it"
                                                   : " is a number: == != < <= > >= compare it"));
      return kOperations[i].second;
    }
    fail(field.text ? "one of == != ~ is wanted here" : "one of == != < <= > >= is wanted here");
  }

  std::uint64_t number() const {
    const std::optional<std::uint64_t> number = number_of(here().text);
    if (!number) fail("a number is wanted here, as 4096, 4K or 0x1000");
    return *number;
  }

  std::string text_for(const Field& field, Expression::Operation operation) const {
    if (field.texts.empty() || operation == Expression::Operation::matches) return here().text;
    const std::string padded = " " + std::string(field.texts) + " ";
    if (padded.find(" " + here().text + " ") == std::string::npos)
      fail(std::string(field.name) + " is one of: " + std::string(field.texts));
    return here().text;
  }

  std::string names() const {
    std::string all;
    for (const Field& field : fields_) all += (all.empty() ? "" : " ") + std::string(field.name);
    return all;
  }

  std::vector<Token> tokens_;
  const std::vector<Field>& fields_;
  std::size_t next_ = 0;
  std::vector<Expression::Step> steps_;
  std::vector<Waiting> waiting_;
};

Expression::Expression(std::string_view text, const std::vector<Field>& fields)
    : steps_(ExpressionParser(text, fields).parse()) {}

bool Expression::mentions(std::size_t field) const {
  return std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.operation < Operation::both && step.field == field;
  });
}

bool Expression::compare(const Step& step, const Values& values) {
  if (step.text) {
    const bool unequal = step.operation == Operation::unequal;
    const bool matches = step.operation == Operation::matches;
    const bool any = values.text(step.field, [&](std::string_view text) {
      return matches ? pattern_matches(step.pattern, text) : text == step.pattern;
    });
    return any != unequal;
  }
  const std::uint64_t number = values.number(step.field);
  switch (step.operation) {
    case Operation::equal:
      return number == step.number;
    case Operation::unequal:
      return number != step.number;
    case Operation::less:
      return number < step.number;
    case Operation::less_equal:
      return number <= step.number;
    case Operation::greater:
      return number > step.number;
    default:
      return number >= step.number;
  }
}

bool Expression::holds(const Values& values) const {
  if (steps_.empty()) return true;
  std::vector<bool> truths;
  for (const Step& step : steps_) {
    if (step.operation < Operation::both) {
      truths.push_back(compare(step, values));
    } else if (step.operation == Operation::negate) {
      truths.back() = !truths.back();
    } else {
      const bool last = truths.back();
      truths.pop_back();
      truths.back() =
          step.operation == Operation::both ? truths.back() && last : truths.back() || last;
    }
  }
  return truths.back();
}

std::string pointed_at(std::string_view text, const ExpressionError& error) {
  return std::string(text) + "\n" + std::string(error.place(), ' ') + "^\n" + error.what();
}

}  // namespace arenite
