// SPDX-License-Identifier: MIT
// Programs by chance: what seeds corpora, feeds the fuzzers' mutator, and stresses. The same seed
// gives the same program.
#pragma once

#include <cstdint>

#include "proptests/model/program.hpp"

namespace arenite::model {

/// splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t word = state_ += 0x9e3779b97f4a7c15;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    word = (word ^ word >> 27) * 0x94d049bb133111eb;
    return word ^ word >> 31;
  }
  /// Below `end`, which is not 0.
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(next() % end); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// Mostly boundaries of classes and tiny sizes, sometimes large and absurd ones.
std::uint32_t random_size(Random& random);

/// Which kinds come: those that mean something to a heap, or to a guarded one, or all.
enum class Kinds : std::uint8_t { of_heaps, of_guarded_heaps, all };

Operation random_operation(Random& random, std::uint32_t slots, Kinds kinds = Kinds::of_heaps);

Program random_program(Random& random, GeometryName geometry, std::size_t operations,
                       Kinds kinds = Kinds::of_heaps);

}  // namespace arenite::model
