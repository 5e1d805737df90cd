// SPDX-License-Identifier: MIT
#include "debug/misuse/expectation.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "debug/misuse/expected.hpp"

namespace arenite {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr long kGuardBytes = 16;
constexpr std::size_t kUsualAlignment = 16;

bool near(const Expectation& row) {
  return row.at >= -kGuardBytes && row.at < static_cast<long>(row.block_bytes) + kGuardBytes;
}

/// Whether the bad byte lies in an inaccessible page. What it does not, only a write changes.
bool faults(const Expectation& row, bool right, std::size_t alignment) {
  if (row.misuse == Misuse::freed) return true;
  const auto open = static_cast<long>(round_up(row.block_bytes, kPageBytes));
  const auto end = static_cast<long>(round_up(row.block_bytes, alignment));
  const long begin = right ? open - end : 0;
  return begin + row.at < 0 || begin + row.at >= open;
}

bool found_by_page(const Expectation& row, bool right, std::size_t alignment) {
  return row.by == By::range || row.touch == Touch::write || faults(row, right, alignment);
}

}  // namespace

std::vector<ExpectedFile> all_expectations() {
  std::vector<ExpectedFile> all;
  for (const auto files : {expected_overflows(), expected_reads(), expected_after_free(),
                           expected_frees(), expected_leaks()})
    all.insert(all.end(), files.begin(), files.end());
  return all;
}

bool must_find(const Expectation& row, Look look) {
  if (row.by == By::range) return true;
  if (look == Look::debug)
    return row.touch == Touch::write && (row.misuse == Misuse::freed || near(row));
  return found_by_page(row, look == Look::page_right, row.alignment);
}

double chance_on_random_side(const Expectation& row) {
  const std::size_t alignment = std::max(row.alignment, kUsualAlignment);
  return (found_by_page(row, true, alignment) + found_by_page(row, false, alignment)) / 2.0;
}

std::string expected_kind(const Expectation& row) {
  switch (row.misuse) {
    case Misuse::outside:
      return "heap-buffer-overflow on address ";
    case Misuse::freed:
      return "heap-use-after-free on address ";
    case Misuse::double_free:
    case Misuse::realloc_of_freed:
      return "attempting double-free on ";
    case Misuse::bad_free:
    case Misuse::realloc_of_foreign:
      return "attempting free on address which was not malloc()-ed: ";
    case Misuse::mismatch:
      return "alloc-dealloc-mismatch (";
    case Misuse::type_mismatch:
      return "new-delete-type-mismatch on ";
    case Misuse::bad_usable_size:
      return "attempting to call malloc_usable_size() for pointer which is not owned: ";
    case Misuse::leak:
      return "detected memory leaks";
  }
  return {};
}

std::string expected_touch(const Expectation& row) {
  if (row.touch == Touch::none) return {};
  return row.touch == Touch::read ? "READ of " : "WRITE of ";
}

std::string expected_place(const Expectation& row) {
  const auto bytes = static_cast<long>(row.block_bytes);
  if (row.misuse == Misuse::leak)
    return std::to_string(bytes) + " byte(s) leaked in " + std::to_string(row.at) +
           " allocation(s).";
  if (bytes == 0) return {};
  const std::string region = std::to_string(bytes) + "-byte region [";
  if (row.at == Expectation::kAnywhereInside) return " bytes inside of " + region;
  if (row.at < 0) return "is located " + std::to_string(-row.at) + " bytes before " + region;
  if (row.at >= bytes)
    return "is located " + std::to_string(row.at - bytes) + " bytes after " + region;
  return "is located " + std::to_string(row.at) + " bytes inside of " + region;
}

std::string class_of(const Expectation& row) {
  const std::string touch = row.touch == Touch::read ? "read " : "write ";
  switch (row.misuse) {
    case Misuse::outside:
      return touch + (row.at < 0 ? "before a block" : "behind a block");
    case Misuse::freed:
      return touch + "after free";
    case Misuse::double_free:
      return "double free";
    case Misuse::bad_free:
      return "free of what is no block";
    case Misuse::realloc_of_freed:
    case Misuse::realloc_of_foreign:
      return "realloc of what is no live block";
    case Misuse::mismatch:
      return "mismatched families";
    case Misuse::type_mismatch:
      return "delete with wrong size or alignment";
    case Misuse::bad_usable_size:
      return "malloc_usable_size of what is no live block";
    case Misuse::leak:
      return "leak";
  }
  return {};
}

}  // namespace arenite
