// SPDX-License-Identifier: MIT
// Text with a number in it is read up to the first character that is no part of the number, which
// may come before the end of the text.
#include <cstdint>

#include "debug/ranges/text.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

constexpr int kFloating = -1;

template <class Char>
bool is_space(Char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

template <class Char>
int digit_value(Char c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c) - '0';
  if (c >= 'a' && c <= 'z') return static_cast<int>(c) - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return static_cast<int>(c) - 'A' + 10;
  return 99;
}

/// Base 0 takes what either of its three bases may. Of floating-point numbers, those in decimal.
template <class Char>
bool continues_number(Char c, int base) {
  if (base == kFloating)
    return digit_value(c) < 10 || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
  const bool hexadecimal = base == 0 || base == 16;
  return digit_value(c) < (base == 0 ? 16 : base) || (hexadecimal && (c == 'x' || c == 'X'));
}

/// Whether a number ends within the room, by another character than zero.
template <class Char>
bool number_ends(const Char* text, std::size_t room, int base) {
  std::size_t at = 0;
  while (at < room && is_space(text[at])) ++at;
  if (at < room && (text[at] == '+' || text[at] == '-')) ++at;
  while (at < room && continues_number(text[at], base)) ++at;
  return at < room;
}

template <int kBase>
struct ReadsNumber {
  template <class Char>
  static void before(const char* function, const Char* text, auto&&...) {
    check_text(function, text, kUnbounded,
               [](const Char* from, std::size_t room) { return number_ends(from, room, kBase); });
  }
};

struct ReadsNumberInBase {
  template <class Char>
  static void before(const char* function, const Char* text, Char**, int base) {
    check_text(function, text, kUnbounded,
               [&](const Char* from, std::size_t room) { return number_ends(from, room, base); });
  }
};

template <Name kName, class Number, class Char = char>
using Whole = Wrap<kName, Number(const Char*, Char**, int), ReadsNumberInBase>;
template <Name kName, class Number, class Char = char>
using Floating = Wrap<kName, Number(const Char*, Char**), ReadsNumber<kFloating>>;

using Signed = long long;
using Unsigned = unsigned long long;

using Functions = Wraps<
    Whole<"strtol", long>, Whole<"strtoul", unsigned long>, Whole<"strtoll", Signed>,
    Whole<"strtoull", Unsigned>, Whole<"strtoq", Signed>, Whole<"strtouq", Unsigned>,
    Whole<"strtoimax", std::intmax_t>, Whole<"strtoumax", std::uintmax_t>,
    Whole<"__isoc23_strtol", long>, Whole<"__isoc23_strtoul", unsigned long>,
    Whole<"__isoc23_strtoll", Signed>, Whole<"__isoc23_strtoull", Unsigned>,
    Whole<"__isoc23_strtoimax", std::intmax_t>, Whole<"__isoc23_strtoumax", std::uintmax_t>,
    Whole<"wcstol", long, wchar_t>, Whole<"wcstoul", unsigned long, wchar_t>,
    Whole<"wcstoll", Signed, wchar_t>, Whole<"wcstoull", Unsigned, wchar_t>,
    Whole<"wcstoimax", std::intmax_t, wchar_t>, Whole<"wcstoumax", std::uintmax_t, wchar_t>,
    Whole<"__isoc23_wcstol", long, wchar_t>, Whole<"__isoc23_wcstoul", unsigned long, wchar_t>,
    Whole<"__isoc23_wcstoll", Signed, wchar_t>, Whole<"__isoc23_wcstoull", Unsigned, wchar_t>,
    Floating<"strtod", double>, Floating<"strtof", float>, Floating<"strtold", long double>,
    Floating<"wcstod", double, wchar_t>, Floating<"wcstof", float, wchar_t>,
    Floating<"wcstold", long double, wchar_t>, Wrap<"atoi", int(const char*), ReadsNumber<10>>,
    Wrap<"atol", long(const char*), ReadsNumber<10>>,
    Wrap<"atoll", Signed(const char*), ReadsNumber<10>>,
    Wrap<"atof", double(const char*), ReadsNumber<kFloating>>>;

}  // namespace

bool add_number_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
