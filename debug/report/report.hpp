// SPDX-License-Identifier: MIT
// A finding of the debug layer as data: what went wrong, where, on which block, seen from which
// stacks. Filled by whoever finds it, printed by text.hpp and json.hpp. Fixed size; lives on no
// stack that may be small: `ReportDesk` keeps the one there is at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/report/block_facts.hpp"

namespace arenite {

enum class Fault : std::uint8_t {
  heap_buffer_overflow,   ///< bytes behind a block, or a range given to libc that ends behind it
  heap_buffer_underflow,  ///< bytes before a block
  heap_use_after_free,    ///< a freed block read, written, or its poison found changed
  double_free,
  bad_free,                ///< no block begins there: foreign, interior, stack, global, misaligned
  alloc_dealloc_mismatch,  ///< another family
  new_delete_type_mismatch,     ///< sized delete with another size, aligned delete with another
                                ///< alignment
  bad_realloc,                  ///< realloc of what is no live block
  bad_usable_size,              ///< malloc_usable_size of what is no live block
  use_of_unlocked_interpreter,  ///< CPython's mem or object domain without its lock
  memory_leak,
  wild_access,  ///< a fault in a guard page no block is known for
};

enum class Access : std::uint8_t { none, read, write };

inline constexpr unsigned kMaxFrames = 64;

/// Return addresses, youngest first; the first may be an exact program counter (`exact_first`).
struct Frames {
  Address pc[kMaxFrames];
  unsigned count = 0;
  bool exact_first = false;
};

/// What a byte near the bad one is.
enum class ByteKind : std::uint8_t { unknown, user, guard, slack, freed, unreadable };

/// Memory around the bad byte, copied when the finding was made.
struct Surroundings {
  static constexpr std::size_t kBytes = 128;
  Address begin = 0;
  std::size_t count = 0;
  std::uint8_t bytes[kBytes];
  ByteKind kinds[kBytes];
};

/// A block with its stacks, as a report shows it.
struct ReportedBlock {
  bool known = false;
  BlockFacts facts;
  Frames allocated;
  Frames freed;
};

struct Report {
  Fault fault = Fault::wild_access;
  Access access = Access::none;
  /// Of the access, where it is known.
  std::size_t access_bytes = 0;
  /// The first bad byte, or the pointer that was given.
  Address address = 0;
  /// "free", "operator delete[]", "memcpy", "check at exit"; a literal.
  const char* operation = "";
  /// One more sentence, or empty: "the caller says 8 bytes".
  char detail[160] = {};
  ThreadNumber thread = 0;
  Address pc = 0, bp = 0, sp = 0;
  Frames here;
  ReportedBlock block;
  /// The nearest blocks before and behind, where known; without stacks.
  ReportedBlock before, behind;
  Surroundings surroundings;
  /// The freed block's own entry point and how it is given back, for mismatches.
  Family released_as = Family::malloc;
  /// Of a new_delete_type_mismatch: what the caller said, or kUnsaid, and what the block has; an
  /// alignment of 0 is the default one.
  std::size_t released_bytes = kUnsaid;
  std::size_t released_alignment = 0;
  std::size_t allocated_alignment = 0;
  std::uint64_t process = 0;
  /// Options to run the program again with, and the seed that was drawn.
  const char* settings = "";
  std::uint64_t seed = 0;
  /// "debug", "page", ...; a literal.
  const char* mode = "debug";
  /// How the program is started again, as far as it is known.
  const char* program = "PROGRAM";
};

}  // namespace arenite
