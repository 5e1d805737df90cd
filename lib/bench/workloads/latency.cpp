// SPDX-License-Identifier: MIT
// The tail: how long single calls of malloc and free take, at the 50th, 99th, 99.9th and 99.99th
// percentile, in a heap of mixed sizes that first grows and then churns. Each call is
// timed with the time-stamp counter, whose own cost (printed) is not taken off. Resembles
// rocksdb-like tail tests; a page fault inside malloc shows at p99.9.
#include <x86intrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "bench/support/arguments.hpp"
#include "bench/support/mapped_array.hpp"
#include "bench/support/pattern.hpp"
#include "bench/support/random.hpp"
#include "bench/support/sizes.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

std::uint64_t ticks() {
  unsigned processor = 0;
  const std::uint64_t now = __rdtscp(&processor);
  _mm_lfence();
  return now;
}

double ticks_per_nanosecond() {
  const Stopwatch watch;
  const std::uint64_t start = ticks();
  while (watch.nanoseconds() < 2e7) {
  }
  return static_cast<double>(ticks() - start) / watch.nanoseconds();
}

void print(const char* what, MappedArray<std::uint32_t>& times, double per_nanosecond) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double fraction) {
    const auto index = static_cast<std::size_t>(fraction * static_cast<double>(times.size() - 1));
    return static_cast<double>(times[index]) / per_nanosecond;
  };
  std::printf(" %s_p50=%.0f %s_p99=%.0f %s_p999=%.0f %s_p9999=%.0f", what, at(0.5), what, at(0.99),
              what, at(0.999), what, at(0.9999));
}

struct Slot {
  void* memory;
  std::size_t size;
};

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(
      argc, argv,
      "latency [operations=2000000] [slots=100000] [skewed|python|compiler|redis|sqlite|git]");
  arguments.expect_at_most(3);
  const std::size_t operations = arguments.number(1, 2000000);
  const std::size_t slot_count = arguments.number(2, 100000);
  const Sizes sizes(arguments.word(3, "skewed"));
  if (operations == 0 || slot_count == 0 || !sizes.known()) arguments.refuse();

  const double per_nanosecond = ticks_per_nanosecond();
  MappedArray<std::uint32_t> empty(1000);
  for (std::uint32_t& time : empty) {
    const std::uint64_t start = ticks();
    time = static_cast<std::uint32_t>(ticks() - start);
  }
  std::sort(empty.begin(), empty.end());

  MappedArray<Slot> slots(slot_count);
  MappedArray<std::uint32_t> mallocs(operations);
  MappedArray<std::uint32_t> frees(operations);
  Random random(1);
  for (std::size_t done = 0; done < operations; ++done) {
    const std::size_t index = random.below(slot_count);
    Slot& slot = slots[index];
    if (slot.memory != nullptr) check_stamp(slot.memory, slot.size, index);
    slot.size = sizes.pick(random);
    void* const old = slot.memory;
    const std::uint64_t start = ticks();
    std::free(old);
    const std::uint64_t middle = ticks();
    slot.memory = std::malloc(slot.size);
    const std::uint64_t end = ticks();
    frees[done] = static_cast<std::uint32_t>(middle - start);
    mallocs[done] = static_cast<std::uint32_t>(end - middle);
    stamp(slot.memory, slot.size, index);
  }
  std::printf("latency clock_ns=%.0f", static_cast<double>(empty[500]) / per_nanosecond);
  print("malloc", mallocs, per_nanosecond);
  print("free", frees, per_nanosecond);
  std::printf("\n");
  for (Slot& slot : slots) std::free(slot.memory);
}
