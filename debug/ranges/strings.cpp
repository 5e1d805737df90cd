// SPDX-License-Identifier: MIT
#include <ctime>

#include "debug/ranges/text_effects.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

using Size = std::size_t;
using Locale = void*;

constexpr auto kCompare = [](const char* a, const char* b, Size count) {
  return real<"strncmp", int(const char*, const char*, Size)>()(a, b, count);
};
constexpr auto kCompareCaseless = [](const char* a, const char* b, Size count) {
  return real<"strncasecmp", int(const char*, const char*, Size)>()(a, b, count);
};

template <Name kName>
using Copy = Wrap<kName, char*(char*, const char*), CopiesText<0, 1>>;
template <Name kName>
using CopyChecked = Wrap<kName, char*(char*, const char*, Size), CopiesText<0, 1>>;
template <Name kName>
using CopyBytes = Wrap<kName, char*(char*, const char*, Size), Text<1, 2>, Writes<0, Count<2>>>;
template <Name kName>
using CopyBytesChecked =
    Wrap<kName, char*(char*, const char*, Size, Size), Text<1, 2>, Writes<0, Count<2>>>;
template <Name kName>
using FindChar = Wrap<kName, char*(const char*, int), SearchesChar<0, 1>>;
template <Name kName>
using FindLast = Wrap<kName, char*(const char*, int), Text<0>>;
template <Name kName>
using FindText = Wrap<kName, char*(const char*, const char*), SearchesText<0, 1>>;
template <Name kName>
using Tokenize = Wrap<kName, char*(char*, const char*, char**), Tokens<0, 1, 2>>;

/// strcasestr, by as many comparisons as it takes; only for text without an end.
struct SearchesTextCaseless {
  static void before(const char* function, const char* begin, const char* wanted) {
    if (!check_text(function, wanted)) return;
    check_text(function, begin, kUnbounded, [&](const char* from, Size room) {
      const Size length = Chars<char>::length(wanted);
      for (; room >= length; ++from, --room)
        if (kCompareCaseless(from, wanted, length) == 0) return true;
      return false;
    });
  }
};

/// strsep: the text is where the argument points to.
struct Separates {
  static void before(const char* function, char** at, const char* set) {
    if (*at != nullptr) Spans<0, 1, true>::check<char>(function, *at, set);
  }
};

/// strlcat: appends within as many bytes as an argument says.
struct AppendsTextCut {
  static void before(const char* function, const char* to, const char* from, Size most) {
    const bool good_to = check_text(function, to, most), good_from = check_text(function, from);
    if (!good_to || !good_from || !in_heaps(reinterpret_cast<Address>(to))) return;
    const Size length = Chars<char>::length(to, most);
    if (length == most) return;
    check_range(function, Access::write, reinterpret_cast<Address>(to),
                std::min(most, length + Chars<char>::length(from) + 1));
  }
};

/// Result 0 says nothing of what was written.
struct FillsTime : After {
  static void after(const char* function, Size result, const auto&... arguments) {
    if (result != 0) check_range(function, Access::write, address<0>(arguments...), result + 1);
  }
};

using Functions = Wraps<
    Wrap<"strlen", Size(const char*), Text<0>>,
    Wrap<"strnlen", Size(const char*, Size), Text<0, 1>>, Copy<"strcpy">, Copy<"stpcpy">,
    Copy<"__stpcpy">, CopyChecked<"__strcpy_chk">, CopyChecked<"__stpcpy_chk">,
    CopyBytes<"strncpy">, CopyBytes<"stpncpy">, CopyBytes<"__stpncpy">,
    CopyBytesChecked<"__strncpy_chk">, CopyBytesChecked<"__stpncpy_chk">,
    Wrap<"strlcpy", Size(char*, const char*, Size), CopiesTextCut<0, 1, 2>>,
    Wrap<"__strlcpy_chk", Size(char*, const char*, Size, Size), CopiesTextCut<0, 1, 2>>,
    Wrap<"strlcat", Size(char*, const char*, Size), AppendsTextCut>,
    Wrap<"strcat", char*(char*, const char*), AppendsText<0, 1>>,
    Wrap<"__strcat_chk", char*(char*, const char*, Size), AppendsText<0, 1>>,
    Wrap<"strncat", char*(char*, const char*, Size), AppendsText<0, 1, 2>>,
    Wrap<"__strncat_chk", char*(char*, const char*, Size, Size), AppendsText<0, 1, 2>>,
    Wrap<"strcmp", int(const char*, const char*), ComparesText<kCompare>>,
    Wrap<"strncmp", int(const char*, const char*, Size), ComparesText<kCompare, 2>>,
    Wrap<"strcasecmp", int(const char*, const char*), ComparesText<kCompareCaseless>>,
    Wrap<"__strcasecmp", int(const char*, const char*), ComparesText<kCompareCaseless>>,
    Wrap<"strncasecmp", int(const char*, const char*, Size), ComparesText<kCompareCaseless, 2>>,
    Wrap<"strcoll", int(const char*, const char*), Text<0>, Text<1>>,
    Wrap<"strcoll_l", int(const char*, const char*, Locale), Text<0>, Text<1>>,
    Wrap<"strxfrm", Size(char*, const char*, Size), Text<1>, FillsUpTo<0, 2>>,
    Wrap<"strxfrm_l", Size(char*, const char*, Size, Locale), Text<1>, FillsUpTo<0, 2>>,
    FindChar<"strchr">, FindChar<"strchrnul">, FindChar<"index">, FindLast<"strrchr">,
    FindLast<"rindex">, FindText<"strstr">,
    Wrap<"strcasestr", char*(const char*, const char*), SearchesTextCaseless>,
    Wrap<"__strcasestr", char*(const char*, const char*), SearchesTextCaseless>,
    Wrap<"strdup", char*(const char*), Text<0>>, Wrap<"__strdup", char*(const char*), Text<0>>,
    Wrap<"strndup", char*(const char*, Size), Text<0, 1>>,
    Wrap<"__strndup", char*(const char*, Size), Text<0, 1>>,
    Wrap<"strspn", Size(const char*, const char*), Spans<0, 1, false>>,
    Wrap<"strcspn", Size(const char*, const char*), Spans<0, 1, true>>,
    Wrap<"strpbrk", char*(const char*, const char*), Spans<0, 1, true>>,
    Wrap<"strtok", char*(char*, const char*), Spans<0, 1, true>>, Tokenize<"strtok_r">,
    Tokenize<"__strtok_r">, Wrap<"strsep", char*(char**, const char*), Separates>,
    Wrap<"strftime", Size(char*, Size, const char*, const std::tm*), Text<2>,
         Reads<3, Constant<sizeof(std::tm)>>, FillsTime>>;

}  // namespace

bool add_text_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
