// SPDX-License-Identifier: MIT
#include "debug/ranges/format.hpp"

#include <type_traits>

#include "debug/ranges/conversion.hpp"
#include "debug/ranges/text.hpp"

namespace arenite {
namespace {

/// A character of text is at most so many bytes of output.
constexpr std::size_t kMaxCharacterBytes = 6;

struct Value {
  int number = 0;
  const void* pointer = nullptr;
};

/// A copy of the arguments, to be taken one after the other.
class Arguments {
 public:
  explicit Arguments(std::va_list from) { va_copy(list_, from); }
  ~Arguments() { va_end(list_); }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  Value take(Argument argument) {
    Value value;
    switch (argument) {
      case Argument::narrow:
        value.number = va_arg(list_, int);
        break;
      // Taken to get behind them; each has its own way of being passed.
      case Argument::wide:
        skip<long>();
        break;
      case Argument::floating:
        skip<double>();
        break;
      case Argument::long_floating:
        skip<long double>();
        break;
      case Argument::pointer:
      case Argument::text:
      case Argument::wide_text:
        value.pointer = va_arg(list_, const void*);
        break;
      case Argument::none:
      case Argument::unknown:
        break;
    }
    return value;
  }

 private:
  template <class Type>
  void skip() {
    static_cast<void>(va_arg(list_, Type));
  }

  std::va_list list_;
};

constexpr int kNoPrecision = -1;

template <class Char>
void check_argument(const char* function, Argument argument, const void* pointer, int precision) {
  std::size_t most = precision < 0 ? kUnbounded : static_cast<std::size_t>(precision);
  if (argument == Argument::text) {
    // In wide output, the precision counts characters, of a byte or more.
    check_text(function, static_cast<const char*>(pointer), most);
  } else if (argument == Argument::wide_text) {
    if (std::is_same_v<Char, char> && most != kUnbounded) most /= kMaxCharacterBytes;
    check_text(function, static_cast<const wchar_t*>(pointer), most);
  }
}

/// Checks the conversions of a format that takes its arguments in order, as far as they do.
template <class Char>
void check_in_order(const char* function, const Char* format, Arguments& arguments) {
  ConversionReader<Char> reader(format);
  for (Conversion conversion; reader.next(conversion);) {
    if (conversion.argument == Argument::unknown || conversion.number != 0) return;
    if (conversion.width.from == Amount::From::next) arguments.take(Argument::narrow);
    int precision = kNoPrecision;
    if (conversion.precision.from == Amount::From::next)
      precision = arguments.take(Argument::narrow).number;
    else if (conversion.precision.from == Amount::From::format)
      precision = static_cast<int>(conversion.precision.value);
    const Value value = arguments.take(conversion.argument);
    check_argument<Char>(function, conversion.argument, value.pointer, precision);
  }
}

/// The types of numbered arguments; those that the format leaves out pass for int, as in glibc.
struct Numbered {
  Argument types[kMaxNumbered];
  Value values[kMaxNumbered];
  std::size_t count = 0;

  Numbered() {
    for (Argument& type : types) type = Argument::narrow;
  }

  bool note(unsigned number, Argument type) {
    if (number == 0 || number > kMaxNumbered) return false;
    types[number - 1] = type;
    count = std::max<std::size_t>(count, number);
    return true;
  }

  bool note(const Amount& amount) {
    if (amount.from == Amount::From::numbered) return note(amount.value, Argument::narrow);
    return amount.from != Amount::From::next;
  }
};

/// Checks the conversions of a format all of whose arguments are numbered.
template <class Char>
void check_numbered(const char* function, const Char* format, Arguments& arguments) {
  Numbered numbered;
  ConversionReader<Char> types(format);
  for (Conversion conversion; types.next(conversion);) {
    if (conversion.argument == Argument::none) continue;
    if (conversion.argument == Argument::unknown || !numbered.note(conversion.width) ||
        !numbered.note(conversion.precision) ||
        !numbered.note(conversion.number, conversion.argument))
      return;
  }
  for (std::size_t i = 0; i < numbered.count; ++i)
    numbered.values[i] = arguments.take(numbered.types[i]);
  ConversionReader<Char> texts(format);
  for (Conversion conversion; texts.next(conversion);) {
    if (conversion.argument == Argument::none) continue;
    int precision = kNoPrecision;
    if (conversion.precision.from == Amount::From::numbered)
      precision = numbered.values[conversion.precision.value - 1].number;
    else if (conversion.precision.from == Amount::From::format)
      precision = static_cast<int>(conversion.precision.value);
    check_argument<Char>(function, conversion.argument,
                         numbered.values[conversion.number - 1].pointer, precision);
  }
}

template <class Char>
bool is_numbered(const Char* format) {
  ConversionReader<Char> reader(format);
  for (Conversion conversion; reader.next(conversion);)
    if (conversion.argument != Argument::none) return conversion.number != 0;
  return false;
}

}  // namespace

template <class Char>
void check_print(const char* function, const Char* format, std::va_list list) {
  if (format == nullptr || !check_text(function, format)) return;
  Arguments arguments(list);
  if (is_numbered(format))
    check_numbered(function, format, arguments);
  else
    check_in_order(function, format, arguments);
}

template void check_print<char>(const char*, const char*, std::va_list);
template void check_print<wchar_t>(const char*, const wchar_t*, std::va_list);

}  // namespace arenite
