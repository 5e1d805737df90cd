// SPDX-License-Identifier: MIT
// One conversion of a print format, as glibc reads it: what it takes from the arguments.
#pragma once

#include <cstdint>

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
    while (is_flag()) ++at_;
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

  bool is_flag() const {
    switch (*at_) {
      case '-':
      case '+':
      case ' ':
      case '#':
      case '0':
      case '\'':
      case 'I':
        return true;
      default:
        return false;
    }
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
    for (;; ++at_) {
      switch (*at_) {
        case 'h':
          length_ = Length::half;
          break;
        case 'l':
          length_ = length_ == Length::wide ? Length::longest : Length::wide;
          break;
        case 'L':
        case 'q':
          length_ = Length::longest;
          break;
        case 'j':
        case 'z':
        case 'Z':
        case 't':
          length_ = Length::wide;
          break;
        case 'w':
          return take_exact_width();
        default:
          return;
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
    switch (*at_++) {
      case 'd':
      case 'i':
      case 'o':
      case 'u':
      case 'x':
      case 'X':
      case 'b':
      case 'B':
        return is_long ? Argument::wide : Argument::narrow;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        return length_ == Length::longest ? Argument::long_floating : Argument::floating;
      case 'c':
      case 'C':
        return Argument::narrow;
      case 's':
        return is_long ? Argument::wide_text : Argument::text;
      case 'S':
        return Argument::wide_text;
      case 'p':
      case 'n':
        return Argument::pointer;
      case 'm':
      case '%':
        return Argument::none;
      default:
        return Argument::unknown;
    }
  }

  const Char* at_;
  Length length_ = Length::plain;
};

}  // namespace arenite
