// SPDX-License-Identifier: MIT
// A file that a tool writes. It appears under its name only when it is whole; before that it is
// NAME.part, which goes away if anything fails. A link is followed. What is no regular file (a
// device, a pipe), and what is open already (/dev/stdout, /proc/self/fd/1), is written as it is, at
// its end. Throws CannotTell, with name and reason, if anything fails.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace arenite {

class WholeFile {
 public:
  /// `mode`: permissions of the file, less those that the process masks.
  explicit WholeFile(const std::string& path, unsigned mode = 0666);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void put(const void* bytes, std::size_t count);
  /// Ends the file and gives it its name.
  void finish();

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  std::string name_;  ///< where the path leads
  std::string part_;  ///< empty if it is written as it is
  int file_;
};

/// All of it at once.
void write_whole_file(const std::string& path, std::string_view bytes);

}  // namespace arenite
