// SPDX-License-Identifier: MIT
// Positional numbers and words of a benchmark's command line, each with a default.
// A malformed or surplus argument prints the usage line and exits with 64.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace arenite::bench {

class Arguments {
 public:
  Arguments(int count, char** values, const char* usage)
      : count_(count), values_(values), usage_(usage) {
    if (count_ > 1 && (word(1, "") == "-h" || word(1, "") == "--help")) leave(stdout, 0);
  }

  std::size_t number(int index, std::size_t fallback) const {
    if (index >= count_) return fallback;
    char* end = nullptr;
    const unsigned long long value = std::strtoull(values_[index], &end, 10);
    if (end == values_[index] || *end != '\0' || values_[index][0] == '-') refuse();
    return static_cast<std::size_t>(value);
  }

  std::string_view word(int index, const char* fallback) const {
    return index < count_ ? values_[index] : fallback;
  }

  // Requires that no argument follows number `last`.
  void expect_at_most(int last) const {
    if (count_ > last + 1) refuse();
  }

  [[noreturn]] void refuse() const { leave(stderr, 64); }

 private:
  [[noreturn]] void leave(std::FILE* stream, int status) const {
    std::fprintf(stream, "usage: %s\n", usage_);
    std::exit(status);
  }

  int count_;
  char** values_;
  const char* usage_;
};

}  // namespace arenite::bench
