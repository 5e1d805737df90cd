// SPDX-License-Identifier: MIT
// What functions do to text: the effects of wrapper.hpp for them.
#pragma once

#include <algorithm>
#include <cstddef>

#include "debug/ranges/text.hpp"

namespace arenite {

/// strcpy. Where text is kept in no block, to measure it reads what the function will.
template <std::size_t kTo, std::size_t kFrom>
struct CopiesText {
  static void before(const char* function, const auto&... arguments) {
    const auto* const from = text<kFrom>(arguments...);
    using Char = std::remove_cvref_t<decltype(*from)>;
    const Address to = address<kTo>(arguments...);
    if (check_text(function, from) && in_heaps(to))
      check_range(function, Access::write, to, (Chars<Char>::length(from) + 1) * sizeof(Char));
  }
};

/// strlcpy: no more than an argument says.
template <std::size_t kTo, std::size_t kFrom, std::size_t kLimit>
struct CopiesTextCut {
  static void before(const char* function, const auto&... arguments) {
    const auto* const from = text<kFrom>(arguments...);
    using Char = std::remove_cvref_t<decltype(*from)>;
    const Address to = address<kTo>(arguments...);
    if (check_text(function, from) && in_heaps(to))
      check_range(
          function, Access::write, to,
          std::min(Chars<Char>::length(from) + 1, limit<kLimit>(arguments...)) * sizeof(Char));
  }
};

/// strcat, strncat.
template <std::size_t kTo, std::size_t kFrom, std::size_t kLimit = kNoArgument>
struct AppendsText {
  static void before(const char* function, const auto&... arguments) {
    const auto* const to = text<kTo>(arguments...);
    const auto* const from = text<kFrom>(arguments...);
    const std::size_t most = limit<kLimit>(arguments...);
    using Char = std::remove_cvref_t<decltype(*from)>;
    const bool good_to = check_text(function, to), good_from = check_text(function, from, most);
    if (!good_to || !good_from || !in_heaps(reinterpret_cast<Address>(to))) return;
    const std::size_t length = Chars<Char>::length(to) + Chars<Char>::length(from, most) + 1;
    check_range(function, Access::write, reinterpret_cast<Address>(to), length * sizeof(Char));
  }
};

/// strchr: stops at a character.
template <std::size_t kText, std::size_t kWanted>
struct SearchesChar {
  static void before(const char* function, const auto&... arguments) {
    check_text(function, text<kText>(arguments...), kUnbounded,
               [&]<class Char>(const Char* begin, std::size_t room) {
                 return Chars<Char>::find(begin, static_cast<Char>(pick<kWanted>(arguments...)),
                                          room) != nullptr;
               });
  }
};

/// strstr.
template <std::size_t kText, std::size_t kWanted>
struct SearchesText {
  static void before(const char* function, const auto&... arguments) {
    const auto* const wanted = text<kWanted>(arguments...);
    if (!check_text(function, wanted)) return;
    check_text(function, text<kText>(arguments...), kUnbounded,
               [&]<class Char>(const Char* begin, std::size_t room) {
                 return Chars<Char>::find_text(begin, room, wanted) != nullptr;
               });
  }
};

/// strspn, strcspn, strtok: stops where a character is in a set, or is not.
template <std::size_t kText, std::size_t kSet, bool kStopsIn>
struct Spans {
  static void before(const char* function, const auto&... arguments) {
    check(function, text<kText>(arguments...), text<kSet>(arguments...));
  }

  template <class Char>
  static void check(const char* function, const Char* begin, const Char* set) {
    if (!check_text(function, set)) return;
    check_text(function, begin, kUnbounded, [&](const Char* from, std::size_t room) {
      const std::size_t members = Chars<Char>::length(set);
      return std::any_of(from, from + room, [&](Char c) {
        return (Chars<Char>::find(set, c, members) != nullptr) == kStopsIn;
      });
    });
  }
};

/// strtok_r: goes on where it stopped if it is given no text.
template <std::size_t kText, std::size_t kSet, std::size_t kSaved>
struct Tokens {
  static void before(const char* function, const auto&... arguments) {
    const auto* begin = text<kText>(arguments...);
    if (begin == nullptr) begin = *pick<kSaved>(arguments...);
    if (begin != nullptr) Spans<0, 1, true>::check(function, begin, text<kSet>(arguments...));
  }
};

/// strcmp and its kin: stop at the first difference. `Compare(a, b, count)` is the C library's with
/// a limit.
template <auto kCompare, std::size_t kLimit = kNoArgument>
struct ComparesText {
  template <class Char>
  static void before(const char* function, const Char* a, const Char* b, auto... more) {
    const auto at_a = reinterpret_cast<Address>(a), at_b = reinterpret_cast<Address>(b);
    const std::size_t most = limit<kLimit>(a, b, more...);
    if (most == 0 || (!in_heaps(at_a) && !in_heaps(at_b))) return;
    BlockFacts block_a, block_b;
    const std::size_t bytes_a = room_from(function, Access::read, at_a, block_a);
    const std::size_t bytes_b = room_from(function, Access::read, at_b, block_b);
    if (bytes_a == 0 || bytes_b == 0) return;
    const std::size_t room = std::min(bytes_a, bytes_b) / sizeof(Char);
    if (room >= most || std::min(bytes_a, bytes_b) == kUnbounded) return;
    // Within the room it reads no more than the function will.
    if (kCompare(a, b, room) != 0 || Chars<Char>::find(a, 0, room) != nullptr) return;
    const bool first = bytes_a <= bytes_b;
    tell_overrun(function, Access::read, first ? at_a : at_b, (room + 1) * sizeof(Char),
                 first ? block_a : block_b);
  }
};

}  // namespace arenite
