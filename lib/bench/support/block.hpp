// SPDX-License-Identifier: MIT
// One stamped block and what is known of it: the slot of nearly every workload here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bench/support/pattern.hpp"

namespace arenite::bench {

struct Block {
  void* memory;
  std::size_t size;

  static Block make(std::size_t size, std::uint64_t tag) {
    void* memory = std::malloc(size);
    stamp(memory, size, tag);
    return {memory, size};
  }

  // An empty slot may be dropped too.
  void drop(std::uint64_t tag) {
    if (memory == nullptr) return;
    check_stamp(memory, size, tag);
    std::free(memory);
    memory = nullptr;
  }
};

}  // namespace arenite::bench
