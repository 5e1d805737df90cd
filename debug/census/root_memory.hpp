// SPDX-License-Identifier: MIT
// What of the root areas is there to be saved, and what of them the process never touched, so that
// a file need not hold it and yet nothing is missing.
#pragma once

#include <vector>

#include "debug/census/present_pages.hpp"
#include "debug/census/root_areas.hpp"

namespace arenite {

struct RootMemory {
  /// Each ascending in its area.
  std::vector<Region> touched;
  std::vector<Region> untouched;
};

RootMemory root_memory(const std::vector<RootArea>& areas, PresentPages& present);

}  // namespace arenite
