// SPDX-License-Identifier: MIT
// The cases whose instructions are counted. Tracer and traced program share this table.
#pragma once

#include <array>
#include <cstddef>

namespace arenite::bench {

struct Case {
  const char* name;
  const char* says;
  std::size_t operations;  // in one measured region
};

inline constexpr std::size_t kRow = 1000;

inline constexpr std::array kCases = {
    Case{"pair_16", "malloc(16) + free", 1},
    Case{"new_16", "new(16) + sized delete", 1},
    Case{"pair_mixed", "malloc(8..512) + free", 1},
    Case{"pair_1024", "malloc(1024) + free", 1},
    Case{"pair_32768", "malloc(32768) + free", 1},
    Case{"calloc_64", "calloc(1, 64) + free", 1},
    Case{"realloc_in_place", "realloc 100 <-> 104", 1},
    Case{"row_malloc_64", "1000 x malloc(64), each", kRow},
    Case{"row_free_random", "1000 x free, random order, each", kRow},
    Case{"remote_free_64", "free by another thread, each", kRow},
};

}  // namespace arenite::bench
