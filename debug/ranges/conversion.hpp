// SPDX-License-Identifier: MIT
// One conversion of a print format, as glibc reads it: what it takes from the arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arenite {

/// How an argument is passed.
enum class Argument : std::uint8_t {
  none,
  narrow,  ///< int, or what is passed as one
  wide,    ///< 64 bits
  floating,
  long_floating,
  pointer,
  text,
  wide_text,
  unknown,
};

/// A number that is in the format, or taken from the arguments.
struct Amount {
  enum class From : std::uint8_t { absent, format, next, numbered } from = From::absent;
  unsigned value = 0;  ///< the number, or the number of the argument from 1
};

struct Conversion {
  Argument argument = Argument::unknown;
  unsigned number = 0;  ///< of the argument from 1; 0 for the next one
  Amount width, precision;
};

template <class Char>
class ConversionReader {
 public:
  explicit ConversionReader(const Char* format) : at_(format) {}

  /// False at the end of the format.
  bool next(Conversion& conversion) {
    while (*at_ != '%') {
      if (*at_ == 0) return false;
      ++at_;
    }
    ++at_;
    conversion = {};
    conversion.number = take_argument_number();
    while (is_one_of("-+ #0'I")) ++at_;
    conversion.width = take_amount();
    if (*at_ == '.') {
      ++at_;
      conversion.precision = take_amount();
      // A lone dot says 0.
      if (conversion.precision.from == Amount::From::absent)
        conversion.precision.from = Amount::From::format;
    }
    take_length();
    conversion.argument = take_letter();
    return true;
  }

 private:
  enum class Length : std::uint8_t { plain, half, wide, longest };

  static constexpr unsigned kMaxNumber = 0x7fffffff;

  bool is_one_of(std::string_view letters) const {
    for (const char letter : letters)
      if (*at_ == static_cast<Char>(letter)) return true;
    return false;
  }

  unsigned take_number() {
    std::uint64_t number = 0;
    for (; *at_ >= '0' && *at_ <= '9'; ++at_) {
      number = number * 10 + static_cast<std::uint64_t>(*at_ - '0');
      if (number > kMaxNumber) number = kMaxNumber;
    }
    return static_cast<unsigned>(number);
  }

  /// The N of N$, or 0 and nothing is taken.
  unsigned take_argument_number() {
    const Char* const begin = at_;
    const unsigned number = take_number();
    if (at_ != begin && *at_ == '$') {
      ++at_;
      return number;
    }
    at_ = begin;
    return 0;
  }

  Amount take_amount() {
    if (*at_ == '*') {
      ++at_;
      const unsigned number = take_argument_number();
      return {number == 0 ? Amount::From::next : Amount::From::numbered, number};
    }
    const Char* const begin = at_;
    const unsigned number = take_number();
    return {at_ == begin ? Amount::From::absent : Amount::From::format, number};
  }

  void take_length() {
    length_ = Length::plain;
    for (; is_one_of("hlLqjzZtw"); ++at_) {
      if (*at_ == 'h') {
        length_ = Length::half;
      } else if (*at_ == 'w') {
        take_exact_width();
        return;
      } else if (*at_ == 'L' || *at_ == 'q' || (*at_ == 'l' && length_ == Length::wide)) {
        length_ = Length::longest;
      } else {
        length_ = Length::wide;
      }
    }
  }

  /// w8 to w64, and wf8 to wf64, of which only the first is less than 64 bits.
  void take_exact_width() {
    ++at_;
    const bool fast = *at_ == 'f';
    if (fast) ++at_;
    length_ = take_number() > (fast ? 8u : 32u) ? Length::wide : Length::plain;
  }

  Argument take_letter() {
    if (*at_ == 0) return Argument::unknown;
    const bool is_long = length_ == Length::wide || length_ == Length::longest;
    Argument argument = Argument::unknown;
    if (is_one_of("diouxXbB"))
      argument = is_long ? Argument::wide : Argument::narrow;
    else if (is_one_of("eEfFgGaA"))
      argument = length_ == Length::longest ? Argument::long_floating : Argument::floating;
    else if (is_one_of("cC"))
      argument = Argument::narrow;
    else if (is_one_of("sS"))
      argument = is_long || *at_ == 'S' ? Argument::wide_text : Argument::text;
    else if (is_one_of("pn"))
      argument = Argument::pointer;
    else if (is_one_of("m%"))
      argument = Argument::none;
    ++at_;
    return argument;
  }

  const Char* at_;
  Length length_ = Length::plain;
};

}  // namespace arenite
