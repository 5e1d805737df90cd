// SPDX-License-Identifier: MIT
// What a process has mapped, from /proc/PID/maps. Never allocates; reads with plain system calls,
// so that a heap can look at its own process while it serves malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strong.hpp"

namespace arenite {

struct Mapping {
  Address begin = 0;
  Address end = 0;
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t inode = 0;   ///< 0: no file behind it
  bool readable = false;
  bool writable = false;
  bool executable = false;
  std::string_view path;  ///< or the kernel's name for it: [heap], [stack]

  bool accessible() const { return readable || writable || executable; }
};

/// Reads one line of /proc/PID/maps, without its newline; the path points into it. False if the
/// line is not what the kernel writes.
bool parse_mapping(std::string_view line, Mapping& mapping);

/// The mappings of a process, one after the other, in ascending order.
class MappingReader {
 public:
  /// Room for a line: a path has up to 4096 bytes, and what the kernel escapes in it takes four.
  static constexpr std::size_t kBufferBytes = 20480;

  /// `path`: /proc/self/maps or another process's. `buffer`: kBufferBytes, which outlive this.
  MappingReader(const char* path, char* buffer);
  ~MappingReader();
  MappingReader(const MappingReader&) = delete;
  MappingReader& operator=(const MappingReader&) = delete;

  bool opened() const { return file_ >= 0; }
  /// False at the end. The path in `mapping` holds until the next call.
  bool next(Mapping& mapping);

 private:
  bool next_line(std::string_view& line);

  int file_;
  char* buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace arenite
