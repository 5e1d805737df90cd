// SPDX-License-Identifier: MIT
// A function of the C library with checks before and behind it, described in one line: its name,
// its type, and its effects on the ranges it is given.
//
//   Wrap<"memcpy", void*(void*, const void*, std::size_t),
//        Writes<0, Count<2>>, Reads<1, Count<2>>>
//
// An effect has `before(function, arguments...)` or, derived from After, `after(function, result,
// arguments...)`. The C library's function is called through the pointer that the Redirector found:
// where our code is linked into the program, the program's own slots lead to the wrappers. A
// wrapper is called only where that pointer is set.
#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include "debug/ranges/got.hpp"

namespace arenite {

/// A string literal as a template argument.
template <std::size_t kBytes>
struct Name {
  char text[kBytes];

  consteval Name(const char (&literal)[kBytes]) {
    for (std::size_t i = 0; i < kBytes; ++i) text[i] = literal[i];
  }
};

/// What a report calls the function: "memcpy" where the compiler made it "__memcpy_chk".
template <Name kName>
struct PlainName {
  char text[sizeof kName.text] = {};

  consteval PlainName() {
    std::string_view name = kName.text;
    for (const std::string_view prefix : {"__isoc23_", "__isoc99_", "__"})
      if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
        break;
      }
    if (name.ends_with("_chk")) name.remove_suffix(4);
    for (std::size_t i = 0; i < name.size(); ++i) text[i] = name[i];
  }
};

template <Name kName>
inline constexpr PlainName<kName> kPlainName{};

template <Name kName>
inline constinit std::atomic<void*> original{nullptr};

/// The C library's function.
template <Name kName, class Function>
Function* real() {
  // Relaxed: set before the first wrapper can be reached.
  return reinterpret_cast<Function*>(original<kName>.load(std::memory_order_relaxed));
}

/// Base of effects that look at what was done.
struct After {};

template <class Effect, class... Arguments>
void run_before(const char* function, const Arguments&... arguments) {
  if constexpr (!std::is_base_of_v<After, Effect>) Effect::before(function, arguments...);
}

template <class Effect, class Result, class... Arguments>
void run_after(const char* function, Result result, const Arguments&... arguments) {
  if constexpr (std::is_base_of_v<After, Effect>) Effect::after(function, result, arguments...);
}

template <Name kName, class Function, class... Effects>
struct Wrap;

template <Name kName, class Result, class... Arguments, class... Effects>
struct Wrap<kName, Result(Arguments...), Effects...> {
  static Result call(Arguments... arguments) {
    return checked(kPlainName<kName>.text, arguments...);
  }

  /// For a function of another name that ends up in this one.
  [[gnu::always_inline]] static Result checked(const char* called, Arguments... arguments) {
    (run_before<Effects>(called, arguments...), ...);
    Result (*const function)(Arguments...) = real<kName, Result(Arguments...)>();
    // Otherwise a jump, so that the function sees the program as its caller.
    if constexpr ((std::is_base_of_v<After, Effects> || ...)) {
      const Result result = function(arguments...);
      (run_after<Effects>(called, result, arguments...), ...);
      return result;
    } else {
      return function(arguments...);
    }
  }

  static bool add(Redirector& redirector) {
    return redirector.add(kName.text, reinterpret_cast<void*>(&call), &original<kName>);
  }
};

/// A wrapper of its own making.
template <Name kName, auto kFunction>
struct Special {
  static bool add(Redirector& redirector) {
    return redirector.add(kName.text, reinterpret_cast<void*>(kFunction), &original<kName>);
  }
};

template <class... Functions>
struct Wraps {
  static bool add(Redirector& redirector) { return (Functions::add(redirector) & ...); }
};

template <std::size_t kIndex>
constexpr const auto& pick(const auto& first, const auto&... rest) {
  if constexpr (kIndex == 0)
    return first;
  else
    return pick<kIndex - 1>(rest...);
}

}  // namespace arenite
