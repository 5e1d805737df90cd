// SPDX-License-Identifier: MIT
// What a run may be watched by. Null objects; anything with the same members will do.
#pragma once

#include <cstddef>
#include <string>

#include "base/strong.hpp"

namespace arenite::model {

/// Looks a heap over. Returns what it found, empty if nothing. Must not change the heap.
struct NoAudit {
  template <class Heap>
  std::string operator()(const Heap&) const {
    return "";
  }
};

/// Is told of blocks as they come and go: what a fuzzer takes for coverage.
struct NoObserver {
  /// A request of `bytes` was served at `at`.
  template <class Heap>
  void allocated(const Heap&, std::size_t bytes, Address at) const {
    (void)bytes, (void)at;
  }
  /// The block that was at `at` is free.
  template <class Heap>
  void freed(const Heap&, Address at) const {
    (void)at;
  }
};

}  // namespace arenite::model
