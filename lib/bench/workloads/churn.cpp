// SPDX-License-Identifier: MIT
// A large live heap in which random objects are replaced by objects of other sizes for a long time.
// Measures the cache and TLB misses an allocator causes at scale, and how far the heap spreads.
// Resembles the steady state of a cache server; the live megabytes are the argument.
#include <cstdint>
#include <cstdio>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/mapped_array.hpp"
#include "bench/support/random.hpp"
#include "bench/support/resident.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

// 16 to 1039 bytes, the small ones more frequent; 107 on average.
constexpr std::size_t kMeanSize = 107;
std::size_t size_for(Random& random) {
  const std::size_t base = std::size_t{16} << random.geometric(5);
  return base + random.below(base);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "churn [live_mib=64] [replacements=2000000]");
  arguments.expect_at_most(2);
  const std::size_t live_mib = arguments.number(1, 64);
  const std::size_t replacements = arguments.number(2, 2000000);
  if (live_mib == 0) arguments.refuse();

  Random random(1);
  MappedArray<Block> slots((live_mib << 20) / kMeanSize);
  const std::size_t before = private_bytes();
  std::size_t live = 0;
  for (std::size_t index = 0; index < slots.size(); ++index) {
    slots[index] = Block::make(size_for(random), index);
    live += slots[index].size;
  }
  const std::size_t filled = private_bytes() - before;
  const double filled_per_live = static_cast<double>(filled) / static_cast<double>(live);

  const Stopwatch watch;
  for (std::size_t done = 0; done < replacements; ++done) {
    const std::size_t index = random.below(slots.size());
    live -= slots[index].size;
    slots[index].drop(index);
    slots[index] = Block::make(size_for(random), index);
    live += slots[index].size;
  }
  const double nanoseconds = watch.nanoseconds();
  const std::size_t churned = private_bytes() - before;
  std::printf("churn live_mib=%zu ns_per_pair=%.1f filled_per_live=%.3f churned_per_live=%.3f\n",
              live_mib, nanoseconds / static_cast<double>(replacements), filled_per_live,
              static_cast<double>(churned) / static_cast<double>(live));
  for (std::size_t index = 0; index < slots.size(); ++index) slots[index].drop(index);
}
