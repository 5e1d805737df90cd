// SPDX-License-Identifier: MIT
// One line from the library to whoever runs the program, on stderr: "arenite: ...". Never
// allocates.
#pragma once

#include <unistd.h>

#include "base/text.hpp"

namespace arenite {

inline void say(const char* line) {
  Text<1024> text;
  text << "arenite: " << line << "\n";
  // Nothing can be done if it fails.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace arenite
