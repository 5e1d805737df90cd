// SPDX-License-Identifier: MIT
// Short-lived threads, each of which makes a hundred small objects, frees them and ends. Measures
// what a thread costs an allocator that keeps state for it, and whether memory stays flat when
// threads come and go. Resembles glibc's bench-malloc-thread with one thread per request.
#include <array>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/random.hpp"
#include "bench/support/resident.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

void hundred_objects(std::size_t seed) {
  Random random(seed);
  std::array<Block, 100> blocks{};
  for (std::size_t index = 0; index < blocks.size(); ++index) {
    blocks[index] = Block::make(random.between(16, 512), index);
  }
  for (std::size_t index = 0; index < blocks.size(); ++index) blocks[index].drop(index);
}

void one_wave(std::size_t width, std::size_t first) {
  std::vector<std::thread> threads;
  threads.reserve(width);
  for (std::size_t number = 0; number < width; ++number) {
    threads.emplace_back(hundred_objects, first + number);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "thread_churn [threads=10000] [at_once=4]");
  arguments.expect_at_most(2);
  const std::size_t width = arguments.number(2, 4);
  if (width == 0) arguments.refuse();
  const std::size_t waves = arguments.number(1, 10000) / width;

  const Stopwatch watch;
  std::size_t early = 0;
  for (std::size_t wave = 0; wave < waves; ++wave) {
    if (wave == waves / 10) early = private_bytes();
    one_wave(width, wave * width);
  }
  const double nanoseconds = watch.nanoseconds();
  const double growth = static_cast<double>(private_bytes()) - static_cast<double>(early);
  std::printf("thread_churn threads=%zu us_per_thread=%.2f growth_kib=%.0f\n", waves * width,
              nanoseconds / 1000 / static_cast<double>(waves * width), growth / 1024);
}
