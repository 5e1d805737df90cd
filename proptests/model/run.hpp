// SPDX-License-Identifier: MIT
// Runs a program on the heap as it ships, in the geometry that the program names, with its audit.
#pragma once

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"
#include "proptests/model/session.hpp"

namespace arenite::model {

/// Calls with_geometry.operator()<G>() for the geometry named.
template <class WithGeometry>
auto for_geometry(GeometryName name, WithGeometry with_geometry) {
  switch (name) {
    case GeometryName::classic:
      return with_geometry.template operator()<Classic>();
    case GeometryName::production:
      return with_geometry.template operator()<Production>();
    case GeometryName::tiny:
      break;
  }
  return with_geometry.template operator()<Tiny>();
}

/// With hooks of one's own; compiles the heap anew. Most callers want `run`.
template <class Audit, class Observer>
Outcome run_with(const Program& program, RunOptions options, Audit audit, Observer observer) {
  return for_geometry(program.configuration.geometry, [&]<class G>() {
    return run_on<ModelHeap<G>>(program, options, audit, observer);
  });
}

Outcome run(const Program& program, RunOptions options = {});

}  // namespace arenite::model
