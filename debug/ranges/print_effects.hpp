// SPDX-License-Identifier: MIT
// Print functions: the effect of wrapper.hpp for the form that takes a va_list, and the form that
// takes the arguments themselves and ends up in it.
#pragma once

#include <cstdarg>
#include <cstddef>

#include "debug/ranges/format.hpp"
#include "debug/ranges/text.hpp"

namespace arenite {

template <std::size_t kFormat, std::size_t kArguments>
struct Prints {
  static void before(const char* function, const auto&... arguments) {
    check_print(function, text<kFormat>(arguments...), pick<kArguments>(arguments...));
  }
};

/// `List` has the checks; the format stands behind `First` and before the arguments.
template <Name kName, class List, class Char, class... First>
struct Variadic {
  static int call(First... first, const Char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const int result = List::checked(kPlainName<kName>.text, first..., format, arguments);
    va_end(arguments);
    return result;
  }

  static bool add(Redirector& redirector) {
    return redirector.add(kName.text, reinterpret_cast<void*>(&call), &original<kName>);
  }
};

}  // namespace arenite
