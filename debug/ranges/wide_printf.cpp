// SPDX-License-Identifier: MIT
#include <cstdio>

#include "debug/ranges/print_effects.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Wide = wchar_t;
using File = std::FILE;
using List = std::va_list;

/// What is too long for the size that the call says fails, and is not checked.
using Filled = Fills<0, sizeof(Wide), 1>;

using Print = Wrap<"vwprintf", int(const Wide*, List), Prints<0, 1>>;
using PrintTo = Wrap<"vfwprintf", int(File*, const Wide*, List), Prints<1, 2>>;
using PrintInto = Wrap<"vswprintf", int(Wide*, Size, const Wide*, List), Prints<2, 3>, Filled>;
using PrintChecked = Wrap<"__vwprintf_chk", int(int, const Wide*, List), Prints<1, 2>>;
using PrintToChecked = Wrap<"__vfwprintf_chk", int(File*, int, const Wide*, List), Prints<2, 3>>;
using PrintIntoChecked =
    Wrap<"__vswprintf_chk", int(Wide*, Size, int, Size, const Wide*, List), Prints<4, 5>, Filled>;

using Functions =
    Wraps<Print, PrintTo, PrintInto, PrintChecked, PrintToChecked, PrintIntoChecked,
          Variadic<"wprintf", Print, Wide>, Variadic<"fwprintf", PrintTo, Wide, File*>,
          Variadic<"swprintf", PrintInto, Wide, Wide*, Size>,
          Variadic<"__wprintf_chk", PrintChecked, Wide, int>,
          Variadic<"__fwprintf_chk", PrintToChecked, Wide, File*, int>,
          Variadic<"__swprintf_chk", PrintIntoChecked, Wide, Wide*, Size, int, Size>>;

}  // namespace

bool add_wide_print_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
