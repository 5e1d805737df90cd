// SPDX-License-Identifier: MIT
// The rows of the expectations, by file, and the words they are written in.
#pragma once

#include "debug/misuse/expectation.hpp"

namespace arenite {

std::span<const ExpectedFile> expected_overflows();
std::span<const ExpectedFile> expected_reads();
std::span<const ExpectedFile> expected_after_free();
std::span<const ExpectedFile> expected_frees();
std::span<const ExpectedFile> expected_leaks();

constexpr Expectation bytes_outside(const char* name, By by, Touch touch, std::size_t block_bytes,
                                    long at, std::size_t alignment = 1) {
  return {name, Misuse::outside, by, touch, block_bytes, at, alignment};
}
constexpr Expectation bytes_freed(const char* name, By by, Touch touch, std::size_t block_bytes,
                                  long at, std::size_t alignment = 1) {
  return {name, Misuse::freed, by, touch, block_bytes, at, alignment};
}
constexpr Expectation bad_call(const char* name, Misuse misuse, std::size_t block_bytes = 0,
                               long at = 0, const char* words = "") {
  return {name, misuse, By::range, Touch::none, block_bytes, at, 1, words};
}
constexpr Expectation lost(const char* name, std::size_t bytes, long blocks) {
  return {name, Misuse::leak, By::range, Touch::none, bytes, blocks};
}
constexpr Expectation summary_elsewhere(Expectation row) {
  row.summary_elsewhere = true;
  return row;
}

}  // namespace arenite
