// SPDX-License-Identifier: MIT
// Hides a pointer from the optimiser, which may otherwise remove a malloc and its free as a pair.
#pragma once

namespace arenite::bench {

inline void escape(const volatile void* pointer) {
  asm volatile("" : : "r"(pointer) : "memory");
}

}  // namespace arenite::bench
