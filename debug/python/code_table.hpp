// SPDX-License-Identifier: MIT
// The table of the Python functions that were seen at work, as it lies in memory: CodeNames writes
// it, whoever looks at the process from outside reads it through the debug root. A script frame's
// word holds the function's number and the line.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/stacks/script_frame.hpp"
#include "layout/space.hpp"

namespace arenite {

/// What tells one function's code from another's, also where one lies in the place of another that
/// is gone: its address, its names' addresses, its first line.
/// Without initial values: a walk has room for sixteen and fills few.
struct CodeIdentity {
  Address code;
  Address file;
  Address name;
  std::uint32_t first_line;

  bool operator==(const CodeIdentity&) const = default;
};

/// A function; its names lie in the table's text.
struct CodeRecord {
  CodeIdentity identity;
  std::uint32_t file_at, file_bytes, name_at, name_bytes;
};

/// Zeroes are an empty table.
template <class Space>
struct CodeTable {
  static constexpr std::uint32_t kMostCodes = 1 << 16;
  static constexpr std::uint32_t kKeptLines = 1 << 14;
  static constexpr std::size_t kTextBytes = std::size_t{8} << 20;
  static constexpr std::size_t kMostNameBytes = 1024;

  /// Number, offset and line in one word each, so that no reader meets halves of two; 0 for none.
  Shared<Space, std::uint64_t> lines[kKeptLines];
  /// One more than the number of the function, 0 for none; open addressing.
  Shared<Space, std::uint32_t> places[2 * kMostCodes];
  CodeRecord codes[kMostCodes];
  char text[kTextBytes];
};
static_assert(kSameLayout<CodeTable>);

/// Where the table is, and how many functions it has.
template <class Space>
struct CodeTableState {
  Shared<Space, std::uint64_t> table;  ///< address; 0 as long as there is none
  Shared<Space, std::uint32_t> count;
  std::uint32_t reserved;
};
static_assert(kSameLayout<CodeTableState>);

/// A script frame of Python: the mark, the function's number, the line.
struct PythonFrame {
  std::uint32_t number;
  std::uint32_t line;

  Address encode() const { return kScriptMark | Address{number} << kLineBits | line; }
  static PythonFrame decode(Address word) {
    return {static_cast<std::uint32_t>((word & ~kScriptMark) >> kLineBits),
            static_cast<std::uint32_t>(word)};
  }

 private:
  static constexpr unsigned kLineBits = 32;
};

}  // namespace arenite
