// SPDX-License-Identifier: MIT
// Mutation of programs record by record: what a fuzzer's own mutator, which knows bytes only, does
// not do. Same arguments, same result.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proptests/model/random_program.hpp"

namespace arenite::fuzz {

/// Changes the body at `data`, which has room for `max_size` bytes; returns its new size. `kinds`:
/// of new operations.
std::size_t mutate_records(std::uint8_t* data, std::size_t size, std::size_t max_size,
                           unsigned seed, model::Kinds kinds);

/// The beginning of one body, the end of another.
std::size_t cross_records(const std::uint8_t* first, std::size_t first_size,
                          const std::uint8_t* second, std::size_t second_size, std::uint8_t* out,
                          std::size_t max_size, unsigned seed);

}  // namespace arenite::fuzz
