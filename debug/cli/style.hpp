// SPDX-License-Identifier: MIT
// Colour: on a terminal, unless NO_COLOR is set (no-color.org).
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace arenite::cli {

class Style {
 public:
  explicit Style(int file) : coloured_(::isatty(file) == 1 && std::getenv("NO_COLOR") == nullptr) {}

  std::string bad(const std::string& text) const { return paint("31;1", text); }
  std::string good(const std::string& text) const { return paint("32", text); }
  std::string strong(const std::string& text) const { return paint("1", text); }

 private:
  std::string paint(const char* code, const std::string& text) const {
    return coloured_ ? "\033[" + std::string(code) + "m" + text + "\033[0m" : text;
  }

  bool coloured_;
};

}  // namespace arenite::cli
