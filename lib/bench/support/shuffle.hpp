// SPDX-License-Identifier: MIT
// Puts a sequence into a random order that is the same for every allocator and every standard
// library.
#pragma once

#include <cstddef>
#include <utility>

#include "bench/support/random.hpp"

namespace arenite::bench {

template <class Sequence>
void shuffle(Sequence& sequence, Random& random) {
  for (std::size_t left = sequence.size(); left > 1; --left) {
    std::swap(sequence[left - 1], sequence[random.below(left)]);
  }
}

}  // namespace arenite::bench
