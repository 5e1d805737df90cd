// SPDX-License-Identifier: MIT
// What every target has whose inputs are heap programs: how an input becomes a program, mutation by
// records, and what is said of a divergence. Defines the fuzzer's entry points for mutation, so it
// goes into a target's one source file, which says in `kKinds` which operations are of use to it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "fuzz/support/record_mutator.hpp"
#include "proptests/model/hop_file.hpp"
#include "proptests/model/random_program.hpp"
#include "proptests/model/text.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace arenite::fuzz {

/// Of the target that this is compiled into.
extern const model::Kinds kKinds;

/// Bodies and containers alike.
inline model::Program program_of(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> input(data, size);
  model::Loaded loaded = model::unpack(input);
  return loaded.error.empty() ? std::move(loaded.program) : model::decode(input);
}

/// Prints what went wrong and the program, and aborts.
[[noreturn]] inline void fail(const std::string& what, const model::Program& program) {
  std::fprintf(stderr, "%s\n%s", what.c_str(), model::to_text(program).c_str());
  std::abort();
}

}  // namespace arenite::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  // Now and then bytes: total decoding is under test as well.
  if (seed % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  return arenite::fuzz::mutate_records(data, size, max_size, seed / 16, arenite::fuzz::kKinds);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second,
                                                 std::size_t second_size, std::uint8_t* out,
                                                 std::size_t max_size, unsigned seed) {
  return arenite::fuzz::cross_records(first, first_size, second, second_size, out, max_size, seed);
}
