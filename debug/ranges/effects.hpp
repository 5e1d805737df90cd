// SPDX-License-Identifier: MIT
// What functions do to ranges whose length the call says: the effects of wrapper.hpp that know no
// text. Numbers of arguments count from 0.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "debug/ranges/check.hpp"
#include "debug/ranges/wrapper.hpp"

namespace arenite {

constexpr std::size_t saturating_product(std::size_t a, std::size_t b) {
  std::size_t product;
  return __builtin_mul_overflow(a, b, &product) ? kUnbounded : product;
}

/// As many elements as an argument says.
template <std::size_t kArgument, std::size_t kElementBytes = 1>
struct Count {
  static std::size_t bytes(const auto&... arguments) {
    return saturating_product(static_cast<std::size_t>(pick<kArgument>(arguments...)),
                              kElementBytes);
  }
};

/// As many elements of as many bytes.
template <std::size_t kFirst, std::size_t kSecond>
struct Product {
  static std::size_t bytes(const auto&... arguments) {
    return saturating_product(pick<kFirst>(arguments...), pick<kSecond>(arguments...));
  }
};

template <std::size_t kBytes>
struct Constant {
  static std::size_t bytes(const auto&...) { return kBytes; }
};

template <std::size_t kArgument>
Address address(const auto&... arguments) {
  return reinterpret_cast<Address>(pick<kArgument>(arguments...));
}

template <std::size_t kArgument, class Size>
struct Reads {
  static void before(const char* function, const auto&... arguments) {
    check_range(function, Access::read, address<kArgument>(arguments...),
                Size::bytes(arguments...));
  }
};

template <std::size_t kArgument, class Size>
struct Writes {
  static void before(const char* function, const auto&... arguments) {
    check_range(function, Access::write, address<kArgument>(arguments...),
                Size::bytes(arguments...));
  }
};

/// The result is how many elements were written, and `kMore` behind them; less than 0 or, where it
/// has no sign, all bits set, is a failure.
template <std::size_t kArgument, std::size_t kElementBytes = 1, std::size_t kMore = 0>
struct Fills : After {
  static void after(const char* function, auto result, const auto&... arguments) {
    const auto count = static_cast<std::ptrdiff_t>(result);
    if (count < 0 || count + std::ptrdiff_t{kMore} == 0) return;
    check_range(function, Access::write, address<kArgument>(arguments...),
                (static_cast<std::size_t>(count) + kMore) * kElementBytes);
  }
};

/// The result is how many bytes of those an argument asks for were written. If the system says that
/// it could not write there, all of them count.
template <std::size_t kArgument, std::size_t kBytes>
struct FillsOrFaults : After {
  static void after(const char* function, auto result, const auto&... arguments) {
    const auto count = static_cast<std::ptrdiff_t>(result);
    if (count < 0 && errno != EFAULT) return;
    check_range(function, Access::write, address<kArgument>(arguments...),
                count < 0 ? static_cast<std::size_t>(pick<kBytes>(arguments...))
                          : static_cast<std::size_t>(count));
  }
};

/// The result is how many elements were written, but no more were than an argument says.
template <std::size_t kArgument, std::size_t kLimit, std::size_t kElementBytes = 1,
          std::size_t kMore = 1>
struct FillsUpTo : After {
  static void after(const char* function, auto result, const auto&... arguments) {
    const auto count = static_cast<std::ptrdiff_t>(result);
    if (count < 0) return;
    const auto most = static_cast<std::size_t>(pick<kLimit>(arguments...));
    check_range(function, Access::write, address<kArgument>(arguments...),
                std::min(static_cast<std::size_t>(count) + kMore, most) * kElementBytes);
  }
};

/// The result is how many items of the size that an argument says were written.
template <std::size_t kArgument, std::size_t kItemBytes>
struct FillsItems : After {
  static void after(const char* function, std::size_t items, const auto&... arguments) {
    check_range(function, Access::write, address<kArgument>(arguments...),
                saturating_product(items, pick<kItemBytes>(arguments...)));
  }
};

}  // namespace arenite
