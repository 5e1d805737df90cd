// SPDX-License-Identifier: MIT
// The text that a print format takes from its arguments: %s and %ls, held against their blocks.
// Never allocates.
#pragma once

#include <cstdarg>
#include <cstddef>

namespace arenite {

/// Checks `format` itself, and the text that it prints, up to the precision where one is given.
/// Leaves `arguments` as they are. Stops at a conversion that it does not know, and after
/// kMaxNumbered where arguments are numbered (`%2$s`): what comes then is not checked.
template <class Char>
void check_print(const char* function, const Char* format, std::va_list arguments);

inline constexpr std::size_t kMaxNumbered = 64;

extern template void check_print<char>(const char*, const char*, std::va_list);
extern template void check_print<wchar_t>(const char*, const wchar_t*, std::va_list);

}  // namespace arenite
