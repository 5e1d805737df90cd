// SPDX-License-Identifier: MIT
// One option's value, from text and to text. Allocates nothing; safe in signal handlers.
#pragma once

#include <string_view>

#include "debug/options/option_table.hpp"
#include "debug/options/option_text.hpp"

namespace arenite {

/// Reads `value`, as it stands between '=' and ':', into the row's place. What is wrong with it is
/// added to `complaint`, and the option left as it was, or capped.
void read_option_value(const OptionRow& row, std::string_view value, Options& options,
                       OptionText& complaint);

/// What `read_option_value` reads back to the same. Fits in kOptionValueBytes.
void print_option_value(const OptionRow& row, const Options& options, OptionText& to);
inline constexpr std::size_t kOptionValueBytes = 2 * Options::kTextBytes;

/// What a value may be, as in "on|off".
void print_option_form(const OptionRow& row, OptionText& to);

}  // namespace arenite
