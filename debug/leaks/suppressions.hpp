// SPDX-License-Identifier: MIT
// Leaks that are not to be reported, in LeakSanitizer's format: a line each, leak:PATTERN, held
// against the function, the file and the module of every frame of the allocation's stack. A pattern
// matches anywhere in the name; '*' stands for any text, '^' at its beginning and '$' at its end
// tie it to the name's. Lines that begin with '#' are comments.
//
// Pure functions over text: the library asks them with what it knows in the process
// (name_leak_frame), a symboliser with everything.
#pragma once

#include <span>
#include <string_view>

namespace arenite {

/// What is known of a frame; the rest is empty.
struct LeakFrame {
  std::string_view function;
  std::string_view file;
  std::string_view module;
};

bool pattern_matches(std::string_view pattern, std::string_view name);

/// Whether a rule matches one of the frames. `rules`: the content of a file. Returns the number of
/// the first line that does, counted from 1; 0 if none does.
unsigned suppressing_line(std::string_view rules, std::span<const LeakFrame> frames);

/// Calls `complain` for each line that is neither a rule, a comment nor empty; such lines suppress
/// nothing.
void check_rules(std::string_view rules,
                 void (*complain)(void* context, unsigned line, std::string_view text),
                 void* context);

}  // namespace arenite
