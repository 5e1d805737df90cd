// SPDX-License-Identifier: MIT
// A buffer that grows: by 4 KiB steps to 16 MiB, and by factors of 1.5 to 32 MiB. What was written
// before must still be there after each step. Best of several rounds, as a long-running program
// sees it. Shows who extends in place or moves pages and who copies.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "bench/support/arguments.hpp"
#include "bench/support/check.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

constexpr std::size_t kPage = 4096;
constexpr double kPatience = 2;  // seconds

struct Growth {
  double nanoseconds;
  std::size_t steps;
};

// Grows a block from a page to `limit`, writing to each page once, and checks all of them at the
// end.
// It stops growing after kPatience: some allocators copy the whole block at each step.
template <class Next>
Growth grow(std::size_t limit, Next next) {
  const Stopwatch watch;
  std::size_t steps = 0;
  std::size_t written = 0;
  unsigned char* block = nullptr;
  for (std::size_t size = kPage; size <= limit && watch.seconds() < kPatience; size = next(size)) {
    void* const grown = std::realloc(block, size);
    check(grown != nullptr, "out of memory");
    block = static_cast<unsigned char*>(grown);
    for (; written + kPage <= size; written += kPage) {
      block[written] = static_cast<unsigned char>(written / kPage);
    }
    ++steps;
  }
  const double nanoseconds = watch.nanoseconds();
  for (std::size_t at = 0; at < written; at += kPage) {
    check(block[at] == static_cast<unsigned char>(at / kPage), "growth lost a page");
  }
  std::free(block);
  return {nanoseconds, steps};
}

// The best of up to eight rounds, but no new one after half a second.
template <class Next>
Growth best(std::size_t limit, Next next) {
  constexpr std::size_t kRounds = 8;
  const Stopwatch watch;
  Growth result{std::numeric_limits<double>::infinity(), 0};
  for (std::size_t round = 0; round < kRounds && watch.seconds() < 0.5; ++round) {
    const Growth now = grow(limit, next);
    if (now.nanoseconds < result.nanoseconds) result = now;
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "realloc_growth [step_mib=16] [factor_mib=32]");
  arguments.expect_at_most(2);
  const std::size_t step_limit = arguments.number(1, 16) << 20;
  const std::size_t factor_limit = arguments.number(2, 32) << 20;
  if (step_limit == 0 || factor_limit == 0) arguments.refuse();

  const Growth steps = best(step_limit, [](std::size_t size) { return size + kPage; });
  const Growth factors = best(factor_limit, [factor_limit](std::size_t size) {
    return size == factor_limit ? size + 1 : std::min(size + size / 2, factor_limit);
  });
  std::printf("realloc_growth ns_per_step=%.1f ms_by_factor=%.3f\n",
              steps.nanoseconds / static_cast<double>(steps.steps), factors.nanoseconds / 1e6);
}
