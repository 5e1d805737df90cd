// SPDX-License-Identifier: MIT
// Heaps with one planted bug each, for whoever has to show that bugs are found: the reference
// model, the reducer, `arenite replay`. For tests only; any thread.
#pragma once

#include <span>

#include "proptests/model/run.hpp"

namespace arenite::model {

struct PlantedBug {
  const char* name;
  /// The property that finds it; "" if it kills the process.
  const char* property;
  /// Programs of 50 operations made by chance, of seeds 0, 1, ..., among which one finds it.
  unsigned programs;
  /// Runs a program on the heap with the bug, whatever geometry the program names.
  Outcome (*run)(const Program& program, RunOptions options);
};

std::span<const PlantedBug> planted_bugs();
/// A heap that ends the process.
const PlantedBug& killing_bug();
/// The heap as it is, on the same geometry.
const PlantedBug& no_bug();

}  // namespace arenite::model
