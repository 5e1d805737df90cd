// SPDX-License-Identifier: MIT
// Where are the cliffs? The time of one malloc and free at sizes from 16 bytes to 1 MiB: as a pair,
// and in batches of 1000 that are freed last first, first first, or in random order. The first word
// of each block is written and checked. Prints the median of several repetitions in nanoseconds a
// pair.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/check.hpp"
#include "bench/support/escape.hpp"
#include "bench/support/random.hpp"
#include "bench/support/shuffle.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

constexpr std::size_t kBatch = 1000;
constexpr std::array<std::size_t, 8> kSizes = {16, 64, 256, 1024, 4096, 32768, 262144, 1048576};

std::uint64_t* make(std::size_t size, std::size_t tag) {
  auto* block = static_cast<std::uint64_t*>(std::malloc(size));
  check(block != nullptr, "out of memory");
  escape(block);
  *block = tag;
  return block;
}

void drop(std::uint64_t* block, std::size_t tag) {
  check(*block == tag, "a block lost its contents");
  std::free(block);
}

void pairs(std::size_t size) {
  for (std::size_t index = 0; index < kBatch; ++index) drop(make(size, index), index);
}

void batch(std::size_t size, const std::vector<std::size_t>& free_order) {
  static std::array<std::uint64_t*, kBatch> blocks;
  for (std::size_t index = 0; index < kBatch; ++index) blocks[index] = make(size, index);
  for (const std::size_t index : free_order) drop(blocks[index], index);
}

// Median nanoseconds a pair, of at least five repetitions and about `milliseconds`.
template <class Repetition>
double median(std::size_t milliseconds, Repetition repetition) {
  std::array<double, 1001> times;
  std::size_t count = 0;
  repetition();
  const Stopwatch whole;
  while (count < 5 ||
         (whole.seconds() * 1000 < static_cast<double>(milliseconds) && count < times.size())) {
    const Stopwatch watch;
    repetition();
    times[count++] = watch.nanoseconds() / kBatch;
  }
  auto* const middle = times.begin() + count / 2;
  std::nth_element(times.begin(), middle, times.begin() + count);
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "batches [milliseconds_per_cell=10]");
  arguments.expect_at_most(1);
  const std::size_t milliseconds = arguments.number(1, 10);

  std::vector<std::size_t> fifo(kBatch);
  std::iota(fifo.begin(), fifo.end(), std::size_t{0});
  const std::vector<std::size_t> lifo(fifo.rbegin(), fifo.rend());
  std::vector<std::size_t> shuffled = fifo;
  Random random(1);
  shuffle(shuffled, random);

  for (const std::size_t size : kSizes) {
    const double pair = median(milliseconds, [size] { pairs(size); });
    const double last_first = median(milliseconds, [&] { batch(size, lifo); });
    const double first_first = median(milliseconds, [&] { batch(size, fifo); });
    const double any = median(milliseconds, [&] { batch(size, shuffled); });
    std::printf("batches size=%zu pair_ns=%.1f lifo_ns=%.1f fifo_ns=%.1f random_ns=%.1f\n", size,
                pair, last_first, first_first, any);
  }
}
