// SPDX-License-Identifier: MIT
// The Python functions that were seen at work, with their names, kept for good: a function's code
// may be gone when a report names it. Each is numbered once. Memory comes from mmap, bounded; when
// it is used up, or another thread is just adding one, a function that is new has no number. Never
// allocates, never waits, signal-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strong.hpp"

namespace arenite {

/// What tells one function's code from another's, also where one lies in the place of another that
/// is gone: its address, its names' addresses, its first line.
struct CodeIdentity {
  Address code = 0;
  Address file = 0;
  Address name = 0;
  std::uint32_t first_line = 0;

  bool operator==(const CodeIdentity&) const = default;
};

class CodeNames {
 public:
  static constexpr std::uint32_t kMostCodes = 1 << 16;
  static constexpr std::size_t kTextBytes = std::size_t{8} << 20;
  static constexpr std::size_t kMostNameBytes = 1024;
  static constexpr std::uint32_t kNoCode = ~std::uint32_t{0};

  struct Names {
    std::string_view file, function;
  };
  /// Copies the text of a str object; returns its bytes, at most `most`.
  using ReadText = std::size_t (*)(void* context, Address object, char* to, std::size_t most);

  constexpr CodeNames() = default;
  CodeNames(const CodeNames&) = delete;
  CodeNames& operator=(const CodeNames&) = delete;

  /// Reserves address space. False if it cannot be had: then no function has a number.
  bool open();
  /// The function's number; kNoCode if it is new and has no room.
  std::uint32_t number(const CodeIdentity& code, ReadText read, void* context);
  /// The line of an instruction of the function, if `keep_line` was told lately.
  bool line(std::uint32_t number, std::uint32_t offset, std::uint32_t& line) const;
  void keep_line(std::uint32_t number, std::uint32_t offset, std::uint32_t line);
  /// False for what is no number.
  bool names(std::uint32_t number, Names& names) const;
  /// In a forked child: a thread that is not there may have been adding one.
  void reset_after_fork() { busy_.clear(std::memory_order_relaxed); }

 private:
  struct Code {
    CodeIdentity identity;
    std::uint32_t file_at, file_bytes, name_at, name_bytes;
  };
  static constexpr std::uint32_t kKeptLines = 1 << 14;
  struct Table {
    /// Number, offset and line in one word each, so that no reader meets halves of two; 0 for none.
    std::atomic<std::uint64_t> lines[kKeptLines];
    /// One more than the number of the function, 0 for none; open addressing.
    std::atomic<std::uint32_t> places[2 * kMostCodes];
    Code codes[kMostCodes];
    char text[kTextBytes];
  };

  static std::uint64_t key_of(std::uint32_t number, std::uint32_t offset);
  std::atomic<std::uint64_t>& kept(std::uint64_t key) const;
  std::uint32_t add(const CodeIdentity& code, std::atomic<std::uint32_t>& place, ReadText read,
                    void* context);

  Table* table_ = nullptr;
  std::atomic<std::uint32_t> count_{0};
  std::size_t text_used_ = 0;
  std::atomic_flag busy_;
};

}  // namespace arenite
