// SPDX-License-Identifier: MIT
// What came of running a program.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "proptests/model/operation.hpp"

namespace arenite::model {

/// The first thing that was not as it should be. `property` is its number in the list of
/// proptests/README.md.
struct Divergence {
  /// Index of the operation; the number of operations if it came after the last.
  std::size_t step = 0;
  std::string property;
  std::string what;
};

struct Outcome {
  std::optional<Divergence> divergence;
  /// How many operations of each kind did something, by Kind.
  std::array<std::uint32_t, kKinds> executed{};
  /// Requests to the system until the program's last operation was done.
  std::uint64_t asked = 0;
  /// Requests for blocks that were null, for want of room or because the system refused.
  std::uint64_t unserved = 0;
  /// Of a guarded heap: misuse it told of, blocks that left its quarantine.
  std::uint64_t told = 0;
  std::uint64_t left_quarantine = 0;

  bool diverged() const { return divergence.has_value(); }
};

/// "operation 3 (reallocate slot=0 size=tiny:9): P6: ..."
struct Program;
std::string to_text(const Divergence& divergence, const Program& program);

}  // namespace arenite::model
