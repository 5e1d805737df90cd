// SPDX-License-Identifier: MIT
// A file, read in blocks of 256 KiB of which the youngest are kept. A file that becomes shorter
// meanwhile is one whose end cannot be read; nothing faults. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace arenite {

class FileBlocks {
 public:
  /// Never waits, as opening a pipe would; what is no regular file is not opened.
  explicit FileBlocks(const std::string& path);
  ~FileBlocks();
  FileBlocks(const FileBlocks&) = delete;
  FileBlocks& operator=(const FileBlocks&) = delete;

  bool opened() const { return file_ >= 0; }
  /// Why not; 0 if it is no regular file.
  int error() const { return error_; }
  /// When it was opened.
  std::uint64_t bytes() const { return bytes_; }
  bool read(std::uint64_t at, void* to, std::size_t bytes) const;

 private:
  struct Block;
  const Block& block(std::uint64_t number) const;

  int file_ = -1;
  int error_ = 0;
  std::uint64_t bytes_ = 0;
  /// Where block n is kept if it is: slot n modulo their number.
  mutable std::vector<std::unique_ptr<Block>> slots_;
};

}  // namespace arenite
