// SPDX-License-Identifier: MIT
#include <ctime>

#include "debug/ranges/text_effects.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Wide = wchar_t;
constexpr Size kWideBytes = sizeof(Wide);

constexpr auto kCompare = [](const Wide* a, const Wide* b, Size count) {
  return real<"wcsncmp", int(const Wide*, const Wide*, Size)>()(a, b, count);
};
constexpr auto kCompareCaseless = [](const Wide* a, const Wide* b, Size count) {
  return real<"wcsncasecmp", int(const Wide*, const Wide*, Size)>()(a, b, count);
};

/// wmemchr: no further than the character that is wanted.
struct SearchesWide {
  static void before(const char* function, const Wide* begin, Wide wanted, Size most) {
    check_text(function, begin, most, [&](const Wide* from, Size room) {
      return Chars<Wide>::find(from, wanted, room) != nullptr;
    });
  }
};

struct FillsTime : After {
  static void after(const char* function, Size result, const auto&... arguments) {
    if (result != 0)
      check_range(function, Access::write, address<0>(arguments...), (result + 1) * kWideBytes);
  }
};

using Reading = Count<2, kWideBytes>;

template <Name kName>
using CopyMemory =
    Wrap<kName, Wide*(Wide*, const Wide*, Size), Writes<0, Reading>, Reads<1, Reading>>;
template <Name kName>
using CopyMemoryChecked =
    Wrap<kName, Wide*(Wide*, const Wide*, Size, Size), Writes<0, Reading>, Reads<1, Reading>>;
template <Name kName>
using Copy = Wrap<kName, Wide*(Wide*, const Wide*), CopiesText<0, 1>>;
template <Name kName>
using CopyChecked = Wrap<kName, Wide*(Wide*, const Wide*, Size), CopiesText<0, 1>>;
template <Name kName>
using CopyCount = Wrap<kName, Wide*(Wide*, const Wide*, Size), Text<1, 2>, Writes<0, Reading>>;
template <Name kName>
using CopyCountChecked =
    Wrap<kName, Wide*(Wide*, const Wide*, Size, Size), Text<1, 2>, Writes<0, Reading>>;

using Functions = Wraps<
    CopyMemory<"wmemcpy">, CopyMemory<"wmemmove">, CopyMemory<"wmempcpy">,
    CopyMemoryChecked<"__wmemcpy_chk">, CopyMemoryChecked<"__wmemmove_chk">,
    CopyMemoryChecked<"__wmempcpy_chk">,
    Wrap<"wmemset", Wide*(Wide*, Wide, Size), Writes<0, Reading>>,
    Wrap<"__wmemset_chk", Wide*(Wide*, Wide, Size, Size), Writes<0, Reading>>,
    Wrap<"wmemcmp", int(const Wide*, const Wide*, Size), Reads<0, Reading>, Reads<1, Reading>>,
    Wrap<"wmemchr", Wide*(const Wide*, Wide, Size), SearchesWide>,
    Wrap<"wcslen", Size(const Wide*), Text<0>>,
    Wrap<"wcsnlen", Size(const Wide*, Size), Text<0, 1>>, Copy<"wcscpy">, Copy<"wcpcpy">,
    CopyChecked<"__wcscpy_chk">, CopyChecked<"__wcpcpy_chk">, CopyCount<"wcsncpy">,
    CopyCount<"wcpncpy">, CopyCountChecked<"__wcsncpy_chk">, CopyCountChecked<"__wcpncpy_chk">,
    Wrap<"wcslcpy", Size(Wide*, const Wide*, Size), CopiesTextCut<0, 1, 2>>,
    Wrap<"wcscat", Wide*(Wide*, const Wide*), AppendsText<0, 1>>,
    Wrap<"__wcscat_chk", Wide*(Wide*, const Wide*, Size), AppendsText<0, 1>>,
    Wrap<"wcsncat", Wide*(Wide*, const Wide*, Size), AppendsText<0, 1, 2>>,
    Wrap<"__wcsncat_chk", Wide*(Wide*, const Wide*, Size, Size), AppendsText<0, 1, 2>>,
    Wrap<"wcscmp", int(const Wide*, const Wide*), ComparesText<kCompare>>,
    Wrap<"wcsncmp", int(const Wide*, const Wide*, Size), ComparesText<kCompare, 2>>,
    Wrap<"wcscasecmp", int(const Wide*, const Wide*), ComparesText<kCompareCaseless>>,
    Wrap<"wcsncasecmp", int(const Wide*, const Wide*, Size), ComparesText<kCompareCaseless, 2>>,
    Wrap<"wcscoll", int(const Wide*, const Wide*), Text<0>, Text<1>>,
    Wrap<"wcsxfrm", Size(Wide*, const Wide*, Size), Text<1>, FillsUpTo<0, 2, kWideBytes>>,
    Wrap<"wcschr", Wide*(const Wide*, Wide), SearchesChar<0, 1>>,
    Wrap<"wcschrnul", Wide*(const Wide*, Wide), SearchesChar<0, 1>>,
    Wrap<"wcsrchr", Wide*(const Wide*, Wide), Text<0>>,
    Wrap<"wcsstr", Wide*(const Wide*, const Wide*), SearchesText<0, 1>>,
    Wrap<"wcswcs", Wide*(const Wide*, const Wide*), SearchesText<0, 1>>,
    Wrap<"wcsspn", Size(const Wide*, const Wide*), Spans<0, 1, false>>,
    Wrap<"wcscspn", Size(const Wide*, const Wide*), Spans<0, 1, true>>,
    Wrap<"wcspbrk", Wide*(const Wide*, const Wide*), Spans<0, 1, true>>,
    Wrap<"wcstok", Wide*(Wide*, const Wide*, Wide**), Tokens<0, 1, 2>>,
    Wrap<"wcsdup", Wide*(const Wide*), Text<0>>,
    Wrap<"mbstowcs", Size(Wide*, const char*, Size), FillsUpTo<0, 2, kWideBytes>>,
    Wrap<"__mbstowcs_chk", Size(Wide*, const char*, Size, Size), FillsUpTo<0, 2, kWideBytes>>,
    Wrap<"wcstombs", Size(char*, const Wide*, Size), FillsUpTo<0, 2>>,
    Wrap<"__wcstombs_chk", Size(char*, const Wide*, Size, Size), FillsUpTo<0, 2>>,
    Wrap<"wcsftime", Size(Wide*, Size, const Wide*, const std::tm*), Text<2>,
         Reads<3, Constant<sizeof(std::tm)>>, FillsTime>>;

}  // namespace

bool add_wide_text_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
