// SPDX-License-Identifier: MIT
// Active false sharing: threads allocate small objects at the same time and write to them. An
// allocator that serves several threads from one cache line makes them fight over it. Resembles
// Hoard's cache-thrash.
#include "bench/workloads/false_sharing.hpp"

int main(int argc, char** argv) {
  return arenite::bench::false_sharing(argc, argv, "cache_thrash", arenite::bench::Start::kEmpty);
}
