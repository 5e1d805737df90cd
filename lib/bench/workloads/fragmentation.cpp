// SPDX-License-Identifier: MIT
// A population of small objects, most of which die at random, followed by a population of another
// size that would fit where the first one was. Measures how much memory holes cost: the peak beside
// the bytes that are live at the end, and what stays after the deaths. Resembles the "mesh"
// fragmentation tests; no earlier peak hides in it, as the newcomers are more than the dead.
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "bench/support/arguments.hpp"
#include "bench/support/mapped_array.hpp"
#include "bench/support/pattern.hpp"
#include "bench/support/random.hpp"
#include "bench/support/resident.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

void* make(std::size_t size, std::uint64_t tag) {
  void* object = std::malloc(size);
  stamp(object, size, tag);
  return object;
}

void drop(void* object, std::size_t size, std::uint64_t tag) {
  check_stamp(object, size, tag);
  std::free(object);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(
      argc, argv,
      "fragmentation [mib=64] [old_size=64] [new_size=192] [dead_percent=90] "
      "[new_percent=125 of the old bytes] [trim=0; 1: malloc_trim after the deaths]");
  arguments.expect_at_most(6);
  const std::size_t old_bytes = arguments.number(1, 64) << 20;
  const std::size_t old_size = arguments.number(2, 64);
  const std::size_t new_size = arguments.number(3, 192);
  const std::size_t dead_percent = arguments.number(4, 90);
  const std::size_t new_percent = arguments.number(5, 125);
  const bool trims = arguments.number(6, 0) != 0;
  if (old_bytes == 0 || old_size == 0 || new_size == 0 || dead_percent > 100) arguments.refuse();

  Random random(1);
  MappedArray<void*> old_objects(old_bytes / old_size);
  MappedArray<void*> new_objects(old_bytes / 100 * new_percent / new_size);
  const std::size_t before = private_bytes();
  const Stopwatch watch;

  for (std::size_t index = 0; index < old_objects.size(); ++index) {
    old_objects[index] = make(old_size, index);
  }
  const std::size_t full = private_bytes() - before;

  std::size_t live = 0;
  for (std::size_t index = 0; index < old_objects.size(); ++index) {
    if (random.below(100) < dead_percent) {
      drop(old_objects[index], old_size, index);
      old_objects[index] = nullptr;
    } else {
      live += old_size;
    }
  }
  if (trims) ::malloc_trim(0);
  const std::size_t holed = private_bytes() - before;

  for (std::size_t index = 0; index < new_objects.size(); ++index) {
    new_objects[index] = make(new_size, index);
  }
  live += new_objects.size() * new_size;
  const std::size_t peak = std::max(full, private_bytes() - before);
  const double seconds = watch.seconds();

  for (std::size_t index = 0; index < old_objects.size(); ++index) {
    if (old_objects[index] != nullptr) drop(old_objects[index], old_size, index);
  }
  for (std::size_t index = 0; index < new_objects.size(); ++index) {
    drop(new_objects[index], new_size, index);
  }
  std::printf(
      "fragmentation live_mib=%.1f full_mib=%.1f holed_mib=%.1f peak_mib=%.1f "
      "peak_per_live=%.3f seconds=%.3f\n",
      mebibytes(live), mebibytes(full), mebibytes(holed), mebibytes(peak),
      static_cast<double>(peak) / static_cast<double>(live), seconds);
}
