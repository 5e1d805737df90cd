// SPDX-License-Identifier: MIT
// The MemoryView of this process for readers that trust no address: nothing outside the given
// regions is touched. Other threads may be writing what is read.
#pragma once

#include "debug/memory/regions.hpp"
#include "layout/own_memory.hpp"

namespace arenite {

class InProcessView {
 public:
  /// Requires: `readable` outlives the view, and its regions stay readable.
  explicit InProcessView(const Regions& readable) : readable_(readable) {}

  bool read(Address at, void* to, std::size_t bytes) const {
    if (!readable_.holds(at, bytes)) return false;
    OwnMemory::copy(at, to, bytes);
    return true;
  }

 private:
  const Regions& readable_;
};
static_assert(MemoryView<InProcessView>);

}  // namespace arenite
