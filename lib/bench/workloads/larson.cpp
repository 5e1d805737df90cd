// SPDX-License-Identifier: MIT
// A server whose objects outlive the threads that made them. In each of several lanes a thread
// replaces random objects of a shared table, and when its shift is over hands table and objects to
// a new thread and ends. Measures frees of other threads' blocks and what thread exit costs or
// leaks. Resembles Larson and Krishnan's server benchmark (larson), with a fixed amount of work.
#include <pthread.h>

#include <cstdint>
#include <cstdio>
#include <latch>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/random.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

struct Lane {
  std::vector<Block> slots;
  Random random;
  std::size_t shifts_left;
  std::size_t operations;
  std::size_t low;
  std::size_t high;
  std::latch* finished;
};

void work_one_shift(Lane& lane) {
  for (std::size_t done = 0; done < lane.operations; ++done) {
    const std::size_t index = lane.random.below(lane.slots.size());
    lane.slots[index].drop(index);
    lane.slots[index] = Block::make(lane.random.between(lane.low, lane.high), index);
  }
}

void start_shift(Lane& lane);

void* shift(void* argument) {
  Lane& lane = *static_cast<Lane*>(argument);
  work_one_shift(lane);
  if (--lane.shifts_left > 0) {
    start_shift(lane);
  } else {
    lane.finished->count_down();
  }
  return nullptr;
}

// The successor starts before its predecessor has ended, as a server's next thread does.
void start_shift(Lane& lane) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t successor;
  check(pthread_create(&successor, &attributes, shift, &lane) == 0, "a thread could not start");
  pthread_attr_destroy(&attributes);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(
      argc, argv,
      "larson [lanes=2] [shifts=80] [operations=100000] [objects=2000] [low=16] [high=512]");
  arguments.expect_at_most(6);
  const std::size_t lanes = arguments.number(1, 2);
  const std::size_t shifts = arguments.number(2, 80);
  const std::size_t operations = arguments.number(3, 100000);
  const std::size_t objects = arguments.number(4, 2000);
  const std::size_t low = arguments.number(5, 16);
  const std::size_t high = arguments.number(6, 512);
  if (lanes == 0 || shifts == 0 || objects == 0 || low > high) arguments.refuse();

  const Stopwatch watch;
  std::latch finished(static_cast<std::ptrdiff_t>(lanes));
  std::vector<Lane> all;
  all.reserve(lanes);
  for (std::size_t number = 0; number < lanes; ++number) {
    all.push_back({.slots = std::vector<Block>(objects),
                   .random = Random(number + 1),
                   .shifts_left = shifts,
                   .operations = operations,
                   .low = low,
                   .high = high,
                   .finished = &finished});
  }
  for (Lane& lane : all) start_shift(lane);
  finished.wait();
  for (Lane& lane : all) {
    for (std::size_t index = 0; index < objects; ++index) lane.slots[index].drop(index);
  }
  const double total = static_cast<double>(lanes * shifts * operations);
  std::printf("larson lanes=%zu shifts=%zu ns_per_operation=%.1f\n", lanes, shifts,
              watch.nanoseconds() / total);
}
