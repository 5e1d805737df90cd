// SPDX-License-Identifier: MIT
#include "debug/ranges/text.hpp"
#include "debug/ranges/wrappers.hpp"

namespace arenite {
namespace {

using Size = std::size_t;

/// memchr: no further than the byte that is wanted.
template <Size kFrom, Size kWanted, Size kCount = kNoArgument>
struct SearchesByte {
  static void before(const char* function, const auto&... arguments) {
    const Address from = address<kFrom>(arguments...);
    BlockFacts block;
    const Size most = limit<kCount>(arguments...);
    if (most == 0 || !in_heaps(from)) return;
    const Size room = room_from(function, Access::read, from, block);
    if (room == 0 || room == kUnbounded || most <= room) return;
    const auto wanted = static_cast<char>(pick<kWanted>(arguments...));
    if (Chars<char>::find(reinterpret_cast<const char*>(from), wanted, room) == nullptr)
      tell_overrun(function, Access::read, from, most == kUnbounded ? room + 1 : most, block);
  }
};

/// memccpy: both ranges end behind the byte that is wanted.
template <Size kTo, Size kFrom, Size kWanted, Size kCount>
struct CopiesUntil {
  static void before(const char* function, const auto&... arguments) {
    const Address to = address<kTo>(arguments...), from = address<kFrom>(arguments...);
    Size most = pick<kCount>(arguments...);
    if (most == 0 || (!in_heaps(to) && !in_heaps(from))) return;
    BlockFacts block;
    const Size room = room_from(function, Access::read, from, block);
    if (room == 0) return;
    const char* const begin = reinterpret_cast<const char*>(from);
    const auto wanted = static_cast<char>(pick<kWanted>(arguments...));
    if (const char* const found = Chars<char>::find(begin, wanted, std::min(most, room)))
      most = static_cast<Size>(found - begin) + 1;
    else if (most > room)
      return tell_overrun(function, Access::read, from, most, block);
    check_range(function, Access::write, to, most);
  }
};

template <Name kName>
using Copy = Wrap<kName, void*(void*, const void*, Size), Writes<0, Count<2>>, Reads<1, Count<2>>>;
template <Name kName>
using CopyChecked =
    Wrap<kName, void*(void*, const void*, Size, Size), Writes<0, Count<2>>, Reads<1, Count<2>>>;
template <Name kName>
using Compare =
    Wrap<kName, int(const void*, const void*, Size), Reads<0, Count<2>>, Reads<1, Count<2>>>;

using Order = int (*)(const void*, const void*);
using OrderBy = int (*)(const void*, const void*, void*);

using Functions = Wraps<
    Copy<"memcpy">, Copy<"memmove">, Copy<"mempcpy">, Copy<"__mempcpy">,
    CopyChecked<"__memcpy_chk">, CopyChecked<"__memmove_chk">, CopyChecked<"__mempcpy_chk">,
    Compare<"memcmp">, Compare<"bcmp">, Compare<"__memcmpeq">,
    Wrap<"memset", void*(void*, int, Size), Writes<0, Count<2>>>,
    Wrap<"__memset_chk", void*(void*, int, Size, Size), Writes<0, Count<2>>>,
    Wrap<"bzero", void(void*, Size), Writes<0, Count<1>>>,
    Wrap<"__bzero", void(void*, Size), Writes<0, Count<1>>>,
    Wrap<"explicit_bzero", void(void*, Size), Writes<0, Count<1>>>,
    Wrap<"__explicit_bzero_chk", void(void*, Size, Size), Writes<0, Count<1>>>,
    Wrap<"bcopy", void(const void*, void*, Size), Reads<0, Count<2>>, Writes<1, Count<2>>>,
    Wrap<"memchr", void*(const void*, int, Size), SearchesByte<0, 1, 2>>,
    Wrap<"rawmemchr", void*(const void*, int), SearchesByte<0, 1>>,
    Wrap<"__rawmemchr", void*(const void*, int), SearchesByte<0, 1>>,
    Wrap<"memrchr", void*(const void*, int, Size), Reads<0, Count<2>>>,
    Wrap<"memccpy", void*(void*, const void*, int, Size), CopiesUntil<0, 1, 2, 3>>,
    Wrap<"memmem", void*(const void*, Size, const void*, Size), Reads<0, Count<1>>,
         Reads<2, Count<3>>>,
    Wrap<"memfrob", void*(void*, Size), Writes<0, Count<1>>>,
    Wrap<"qsort", void(void*, Size, Size, Order), Writes<0, Product<1, 2>>>,
    Wrap<"qsort_r", void(void*, Size, Size, OrderBy, void*), Writes<0, Product<1, 2>>>,
    Wrap<"bsearch", void*(const void*, const void*, Size, Size, Order), Reads<1, Product<2, 3>>>>;

}  // namespace

bool add_memory_functions(Redirector& redirector) {
  return Functions::add(redirector);
}

}  // namespace arenite
