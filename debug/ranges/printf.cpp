// SPDX-License-Identifier: MIT
#include <climits>
#include <cstdio>

#include "debug/ranges/print_effects.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using File = std::FILE;
using List = std::va_list;

/// Where sprintf and its kin print to.
struct Destination {
  static constexpr int kUnfortified = -1;

  char* to;
  Size size = kUnbounded;  ///< of snprintf
  int flag = kUnfortified;
  Size object = kUnbounded;  ///< what fortifying knows of the size

  /// Leaves `arguments` as they are.
  int print(Size most, const char* format, List arguments) const {
    List copy;
    va_copy(copy, arguments);
    const int result = print_with(most, format, copy);
    va_end(copy);
    return result;
  }

  bool fails_for(Size room) const { return object < (size == kUnbounded ? room : size); }

 private:
  int print_with(Size most, const char* format, List arguments) const {
    if (most == kUnbounded && flag == kUnfortified)
      return real<"vsprintf", int(char*, const char*, List)>()(to, format, arguments);
    if (most == kUnbounded)
      return real<"__vsprintf_chk", int(char*, int, Size, const char*, List)>()(to, flag, object,
                                                                                format, arguments);
    if (flag == kUnfortified)
      return real<"vsnprintf", int(char*, Size, const char*, List)>()(to, most, format, arguments);
    return real<"__vsnprintf_chk", int(char*, Size, int, Size, const char*, List)>()(
        to, most, flag, object, format, arguments);
  }
};

/// Where the block has less room than the call says, prints into that room first: if the output
/// fits, that is all; if not, it is told before anything behind the block is written.
int print_checked(const char* function, const Destination& destination, const char* format,
                  List arguments) {
  check_print(function, format, arguments);
  const auto to = reinterpret_cast<Address>(destination.to);
  BlockFacts block;
  const Size room =
      destination.size == 0 ? kUnbounded : room_from(function, Access::write, to, block);
  if (room < destination.size && room != 0 && !destination.fails_for(room)) {
    const Size tried = std::min<Size>(room, INT_MAX);
    const int result = destination.print(tried, format, arguments);
    if (result < 0 || static_cast<Size>(result) < tried) return result;
    tell_overrun(function, Access::write, to,
                 std::min(destination.size, static_cast<Size>(result) + 1), block);
  }
  return destination.print(destination.size, format, arguments);
}

// Each form of sprintf as what the wrappers of wrapper.hpp have: the C library's types.
struct IntoUnbounded {
  static int checked(const char* called, char* to, const char* format, List arguments) {
    return print_checked(called, {to}, format, arguments);
  }
  static int call(char* to, const char* format, List arguments) {
    return checked("vsprintf", to, format, arguments);
  }
};

struct IntoBounded {
  static int checked(const char* called, char* to, Size size, const char* format, List arguments) {
    return print_checked(called, {to, size}, format, arguments);
  }
  static int call(char* to, Size size, const char* format, List arguments) {
    return checked("vsnprintf", to, size, format, arguments);
  }
};

struct IntoUnboundedChecked {
  static int checked(const char* called, char* to, int flag, Size object, const char* format,
                     List arguments) {
    return print_checked(called, {to, kUnbounded, flag, object}, format, arguments);
  }
  static int call(char* to, int flag, Size object, const char* format, List arguments) {
    return checked("vsprintf", to, flag, object, format, arguments);
  }
};

struct IntoBoundedChecked {
  static int checked(const char* called, char* to, Size size, int flag, Size object,
                     const char* format, List arguments) {
    return print_checked(called, {to, size, flag, object}, format, arguments);
  }
  static int call(char* to, Size size, int flag, Size object, const char* format, List arguments) {
    return checked("vsnprintf", to, size, flag, object, format, arguments);
  }
};

using Print = Wrap<"vprintf", int(const char*, List), Prints<0, 1>>;
using PrintTo = Wrap<"vfprintf", int(File*, const char*, List), Prints<1, 2>>;
using PrintToFile = Wrap<"vdprintf", int(int, const char*, List), Prints<1, 2>>;
using PrintToNew = Wrap<"vasprintf", int(char**, const char*, List), Prints<1, 2>>;
using PrintChecked = Wrap<"__vprintf_chk", int(int, const char*, List), Prints<1, 2>>;
using PrintToChecked = Wrap<"__vfprintf_chk", int(File*, int, const char*, List), Prints<2, 3>>;
using PrintToFileChecked = Wrap<"__vdprintf_chk", int(int, int, const char*, List), Prints<2, 3>>;
using PrintToNewChecked =
    Wrap<"__vasprintf_chk", int(char**, int, const char*, List), Prints<2, 3>>;

using Functions =
    Wraps<Print, PrintTo, PrintToFile, PrintToNew, PrintChecked, PrintToChecked, PrintToFileChecked,
          PrintToNewChecked, Variadic<"printf", Print, char>,
          Variadic<"fprintf", PrintTo, char, File*>, Variadic<"dprintf", PrintToFile, char, int>,
          Variadic<"asprintf", PrintToNew, char, char**>,
          Variadic<"__asprintf", PrintToNew, char, char**>,
          Variadic<"__printf_chk", PrintChecked, char, int>,
          Variadic<"__fprintf_chk", PrintToChecked, char, File*, int>,
          Variadic<"__dprintf_chk", PrintToFileChecked, char, int, int>,
          Variadic<"__asprintf_chk", PrintToNewChecked, char, char**, int>,
          Special<"vsprintf", &IntoUnbounded::call>, Special<"vsnprintf", &IntoBounded::call>,
          Special<"__vsnprintf", &IntoBounded::call>,
          Special<"__vsprintf_chk", &IntoUnboundedChecked::call>,
          Special<"__vsnprintf_chk", &IntoBoundedChecked::call>,
          Variadic<"sprintf", IntoUnbounded, char, char*>,
          Variadic<"snprintf", IntoBounded, char, char*, Size>,
          Variadic<"__sprintf_chk", IntoUnboundedChecked, char, char*, int, Size>,
          Variadic<"__snprintf_chk", IntoBoundedChecked, char, char*, Size, int, Size>>;

}  // namespace

bool add_print_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
