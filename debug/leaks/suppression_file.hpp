// SPDX-License-Identifier: MIT
// The content of a file of suppressions, in mapped memory. Never allocates; errno is kept.
#pragma once

#include <cstddef>
#include <string_view>

#include "debug/leaks/mapped_memory.hpp"

namespace arenite {

class SuppressionFile {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  explicit SuppressionFile(const char* path);

  /// False if the file cannot be read, or is larger than kMostBytes.
  bool read() const { return read_; }
  std::string_view text() const { return {memory_.data<const char>(), length_}; }

 private:
  MappedMemory memory_;
  std::size_t length_ = 0;
  bool read_ = false;
};

}  // namespace arenite
