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

#include "debug/python/code_table.hpp"

namespace arenite {

class CodeNames {
 public:
  using Table = CodeTable<Native>;
  static constexpr std::uint32_t kMostCodes = Table::kMostCodes;
  static constexpr std::size_t kTextBytes = Table::kTextBytes;
  static constexpr std::size_t kMostNameBytes = Table::kMostNameBytes;
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
  /// For who looks from outside.
  const CodeTableState<Native>& state() const { return state_; }
  /// In a forked child: a thread that is not there may have been adding one.
  void reset_after_fork() { busy_.clear(std::memory_order_relaxed); }

 private:
  static std::uint64_t key_of(std::uint32_t number, std::uint32_t offset);
  std::atomic<std::uint64_t>& kept(std::uint64_t key) const;
  std::uint32_t add(const CodeIdentity& code, std::atomic<std::uint32_t>& place, ReadText read,
                    void* context);

  Table* table_ = nullptr;
  CodeTableState<Native> state_{};
  std::size_t text_used_ = 0;
  std::atomic_flag busy_;
};

}  // namespace arenite
