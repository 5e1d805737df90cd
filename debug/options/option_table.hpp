// SPDX-License-Identifier: MIT
// Every key of ARENITE_OPTIONS: what its value looks like, what it means, where it is kept. The
// reader, the printer, the help text and `arenite run` go by this table. Constant; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "debug/options/options.hpp"

namespace arenite {

enum class OptionKind : std::uint8_t {
  flag,          ///< on or off
  number,        ///< decimal
  power_of_two,  ///< decimal
  bytes,         ///< decimal, K, M or G may follow
  capped,        ///< a number; what is above `most` is taken for `most`, and that is told
  choice,        ///< one of `words`
  on_error,      ///< one of `words`, or exit=N
  text,          ///< a path or a glob
  sizes,         ///< MIN-MAX, MIN-, -MAX or N, in bytes
  part,          ///< a decimal fraction from 0 to 1
};

/// Members that do not go with the kind are null or empty.
struct OptionRow {
  std::string_view name;
  OptionKind kind;
  std::string_view form;  ///< the value in the help text; empty: by kind
  std::string_view meaning;
  std::uint64_t least = 0;
  std::uint64_t most = ~std::uint64_t{0};
  std::uint64_t multiple = 1;  ///< numbers are rounded up to one of it
  bool Options::* flag = nullptr;
  std::uint64_t Options::* number = nullptr;
  double Options::* part = nullptr;
  char (Options::*text)[Options::kTextBytes] = nullptr;
  std::span<const std::string_view> words = {};
  unsigned (*chosen)(const Options& options) = nullptr;  ///< an index of `words`
  void (*choose)(Options& options, unsigned word) = nullptr;
};

/// In the order of the help text.
std::span<const OptionRow> option_table();

/// Null if there is no such key.
const OptionRow* find_option(std::string_view name);

}  // namespace arenite
