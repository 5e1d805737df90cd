// SPDX-License-Identifier: MIT
// Text that ends in a zero, of char or wchar_t, held against its block: read are at most the bytes
// of the block, and nothing where no block is known. Where a function can stop before the end of
// the text, text without an end is no fault if it does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "debug/ranges/effects.hpp"

namespace arenite {

/// The C library's functions on text, by type of character.
template <class Char>
struct Chars;

template <>
struct Chars<char> {
  static const char* find(const char* text, char wanted, std::size_t count) {
    return static_cast<const char*>(
        real<"memchr", const void*(const void*, int, std::size_t)>()(text, wanted, count));
  }
  static std::size_t length(const char* text) {
    return real<"strlen", std::size_t(const char*)>()(text);
  }
  static std::size_t length(const char* text, std::size_t most) {
    return real<"strnlen", std::size_t(const char*, std::size_t)>()(text, most);
  }
  static const char* find_text(const char* text, std::size_t count, const char* wanted) {
    return static_cast<const char*>(
        real<"memmem", const void*(const void*, std::size_t, const void*, std::size_t)>()(
            text, count, wanted, length(wanted)));
  }
};

template <>
struct Chars<wchar_t> {
  static const wchar_t* find(const wchar_t* text, wchar_t wanted, std::size_t count) {
    return real<"wmemchr", const wchar_t*(const wchar_t*, wchar_t, std::size_t)>()(text, wanted,
                                                                                   count);
  }
  static std::size_t length(const wchar_t* text) {
    return real<"wcslen", std::size_t(const wchar_t*)>()(text);
  }
  static std::size_t length(const wchar_t* text, std::size_t most) {
    return real<"wcsnlen", std::size_t(const wchar_t*, std::size_t)>()(text, most);
  }
  static const wchar_t* find_text(const wchar_t* text, std::size_t count, const wchar_t* wanted) {
    const std::size_t wanted_length = length(wanted);
    for (; count >= wanted_length; ++text, --count)
      if (std::equal(wanted, wanted + wanted_length, text)) return text;
    return nullptr;
  }
};

/// No reason to stop before the end.
inline constexpr auto kGoesOn = [](const auto*, std::size_t) { return false; };

/// Tells of text, of which `most` characters are looked at, that runs out of its block.
/// `stops(text, room)` says whether the function stops within `room` characters, none of them zero.
/// True if there is nothing to tell.
template <class Char, class Stops = decltype(kGoesOn)>
bool check_text(const char* function, const Char* text, std::size_t most = kUnbounded,
                Stops stops = kGoesOn) {
  const auto begin = reinterpret_cast<Address>(text);
  if (most == 0 || !in_heaps(begin)) return true;
  BlockFacts block;
  const std::size_t bytes = room_from(function, Access::read, begin, block);
  if (bytes == kUnbounded) return true;
  if (bytes == 0) return false;
  const std::size_t room = bytes / sizeof(Char);
  if (most <= room || Chars<Char>::find(text, 0, room) != nullptr || stops(text, room)) return true;
  tell_overrun(function, Access::read, begin, (room + 1) * sizeof(Char), block);
  return false;
}

template <std::size_t kArgument>
const auto* text(const auto&... arguments) {
  using Char = std::remove_pointer_t<std::remove_cvref_t<decltype(pick<kArgument>(arguments...))>>;
  return static_cast<const Char*>(pick<kArgument>(arguments...));
}

/// Stands for the number of an argument that says how much is looked at, where there is none.
inline constexpr std::size_t kNoArgument = ~std::size_t{0};

template <std::size_t kArgument>
std::size_t limit(const auto&... arguments) {
  if constexpr (kArgument == kNoArgument)
    return kUnbounded;
  else
    return pick<kArgument>(arguments...);
}

/// Reads text to its end, or as much as an argument says.
template <std::size_t kText, std::size_t kLimit = kNoArgument>
struct Text {
  static void before(const char* function, const auto&... arguments) {
    check_text(function, text<kText>(arguments...), limit<kLimit>(arguments...));
  }
};

/// Wrote text through a pointer if the result is not null.
template <std::size_t kTo>
struct FillsText : After {
  static void after(const char* function, const auto* result, const auto&... arguments) {
    const auto* const to = text<kTo>(arguments...);
    if (result == nullptr || !in_heaps(reinterpret_cast<Address>(to))) return;
    using Char = std::remove_cvref_t<decltype(*to)>;
    check_range(function, Access::write, reinterpret_cast<Address>(to),
                (Chars<Char>::length(to) + 1) * sizeof(Char));
  }
};

}  // namespace arenite
