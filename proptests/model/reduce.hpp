// SPDX-License-Identifier: MIT
// Makes a failing program as small as it can be and still fail: delta debugging (Zeller,
// Hildebrandt 2002) over operations, then over the configuration and the fields of each operation,
// again until nothing more goes. Deterministic if the judge is; throws what the judge throws.
#pragma once

#include <cstdint>
#include <functional>

#include "proptests/model/program.hpp"

namespace arenite::model {

/// Whether a program fails in the way that matters.
using Judge = std::function<bool(const Program&)>;

struct Reduced {
  Program program;
  /// How often the judge was asked.
  unsigned asked = 0;
  /// Nothing more could be taken away; false if `go_on` ended it.
  bool complete = false;
};

/// Requires: the judge says yes to `program`. Stops when `go_on` says no.
Reduced reduce(const Program& program, const Judge& judge, const std::function<bool()>& go_on);

}  // namespace arenite::model
