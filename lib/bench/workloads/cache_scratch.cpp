// SPDX-License-Identifier: MIT
// Passive false sharing: small objects that lie side by side are given one to each thread; the
// threads free them, allocate again and write to what they get. An allocator that hands each thread
// back the piece of the common cache line it freed makes the threads fight over that line from then
// on. Resembles Hoard's cache-scratch.
#include "bench/workloads/false_sharing.hpp"

int main(int argc, char** argv) {
  return arenite::bench::false_sharing(argc, argv, "cache_scratch", arenite::bench::Start::kGiven);
}
