// SPDX-License-Identifier: MIT
// What a case of misuse does wrong, as a row, and what follows from it: which mode has to find it,
// and what its report has to say.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace arenite {

/// The modes as the tests set them: on the right with align=1, which places to the byte.
enum class Look { debug, page_right, page_left };

enum class Misuse {
  outside,  ///< bytes behind or before a block
  freed,    ///< bytes of a freed block
  double_free,
  bad_free,
  realloc_of_freed,
  realloc_of_foreign,
  mismatch,
  type_mismatch,
  bad_usable_size,
  leak,
};

enum class Touch { none, read, write };

/// Who touches the bytes: instructions, which nobody sees but the processor, or a function of the C
/// library that is given a range.
enum class By { plain, range };

struct Expectation {
  const char* name;
  Misuse misuse;
  By by = By::range;
  Touch touch = Touch::none;
  std::size_t block_bytes = 0;  ///< of a leak, of all lost blocks together; 0: no block is near
  long at = 0;                  ///< first bad byte from the block's begin; of a leak, lost blocks
  std::size_t alignment = 1;    ///< that was asked for
  const char* words = "";       ///< that the report holds besides
  /// The SUMMARY may name another file: a header or another library lies between the case and the
  /// finding, or it is made at exit.
  bool summary_elsewhere = false;

  static constexpr long kAnywhereInside = -1'000'000;
};

/// The cases of one file.
struct ExpectedFile {
  const char* file;
  std::span<const Expectation> rows;
};

std::vector<ExpectedFile> all_expectations();

/// Whether a mode has to find the case. What it finds beyond that is luck.
bool must_find(const Expectation& row, Look look);

/// How much of it a page on a random side finds on average, at the usual alignment of 16.
double chance_on_random_side(const Expectation& row);

/// What the report names it, between "Sanitizer: " and the address.
std::string expected_kind(const Expectation& row);

/// "READ of " or "WRITE of ", or nothing.
std::string expected_touch(const Expectation& row);

/// "is located 0 bytes after 10-byte region [", or of leaks the SUMMARY's sentence; nothing if no
/// block is near.
std::string expected_place(const Expectation& row);

/// "write outside", "double free", ...: a row of the table.
std::string class_of(const Expectation& row);

}  // namespace arenite
