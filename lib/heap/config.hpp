// SPDX-License-Identifier: MIT
// What a heap is made of, as a type: its geometry and where its pages come from.
#pragma once

#include "geometry/geometry.hpp"
#include "interface/page_source.hpp"

namespace arenite {

template <Geometry G, PageSource P>
struct HeapConfig {
  using Geometry = G;
  using Pages = P;
};

}  // namespace arenite
