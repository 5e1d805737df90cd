// SPDX-License-Identifier: MIT
// A random mix of sizes and lifetimes in each of several threads: half of the replacements fall on
// half of the slots, a quarter on a quarter of them, and so on, so that most objects die young and
// a few live long. Sizes are skewed to the small or drawn from what a real program asked for.
// Resembles alloc-test and rptest.
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/random.hpp"
#include "bench/support/sizes.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

void run(const Sizes& sizes, std::size_t operations, std::size_t slot_count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Block> slots(slot_count);
  for (std::size_t done = 0; done < operations; ++done) {
    const std::size_t index = random.below(slot_count) >> random.geometric(10);
    slots[index].drop(index ^ seed);
    slots[index] = Block::make(sizes.pick(random), index ^ seed);
  }
  for (std::size_t index = 0; index < slot_count; ++index) slots[index].drop(index ^ seed);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv,
                            "alloc_mix [threads=1] [operations=6000000] [slots=50000 a thread] "
                            "[skewed|python|compiler|redis|sqlite|git]");
  arguments.expect_at_most(4);
  const std::size_t threads = arguments.number(1, 1);
  const std::size_t operations = arguments.number(2, 6000000);
  const std::size_t slots = arguments.number(3, 50000);
  const Sizes sizes(arguments.word(4, "skewed"));
  if (threads == 0 || slots == 0 || !sizes.known()) arguments.refuse();

  const Stopwatch watch;
  std::vector<std::thread> workers;
  for (std::size_t number = 1; number < threads; ++number) {
    workers.emplace_back(run, std::cref(sizes), operations / threads, slots, number);
  }
  run(sizes, operations / threads, slots, threads);
  for (std::thread& worker : workers) worker.join();
  std::printf("alloc_mix threads=%zu slots=%zu ns_per_pair=%.1f\n", threads, slots,
              watch.nanoseconds() / static_cast<double>(operations));
}
