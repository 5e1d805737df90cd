// SPDX-License-Identifier: MIT
// What an idle thread keeps: threads that made and freed a thousand mixed objects and then wait.
// Prints the memory of each beyond that of a thread that never called malloc (its stack).
#include <array>
#include <barrier>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/random.hpp"
#include "bench/support/resident.hpp"

using namespace arenite::bench;

namespace {

void thousand_objects(std::uint64_t seed) {
  Random random(seed);
  for (int round = 0; round < 100; ++round) {
    std::array<Block, 10> blocks{};
    for (Block& block : blocks) block = Block::make(random.between(16, 256), seed);
    for (Block& block : blocks) block.drop(seed);
  }
}

// Bytes that `count` waiting threads add, each after it has done `work`.
template <class Work>
double weigh(std::size_t count, Work work) {
  std::barrier done(static_cast<std::ptrdiff_t>(count) + 1);
  std::barrier leave(static_cast<std::ptrdiff_t>(count) + 1);
  std::vector<std::thread> threads;
  threads.reserve(count);
  const std::size_t before = private_bytes();
  for (std::size_t number = 0; number < count; ++number) {
    threads.emplace_back([&, number] {
      work(number);
      done.arrive_and_wait();
      leave.arrive_and_wait();
    });
  }
  done.arrive_and_wait();
  const std::size_t after = private_bytes();
  leave.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  return (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(count);
}

// As deep a stack as thousand_objects uses, without a heap.
void only_stack(std::uint64_t seed) {
  std::array<volatile std::uint64_t, 64> words;
  for (volatile std::uint64_t& word : words) word = seed;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "idle_threads [threads=100]");
  arguments.expect_at_most(1);
  const std::size_t threads = arguments.number(1, 100);
  if (threads == 0) arguments.refuse();

  weigh(threads, only_stack);
  const double bare = weigh(threads, only_stack);
  const double used = weigh(threads, thousand_objects);
  std::printf("idle_threads threads=%zu kib_per_thread=%.1f of_it_heap_kib=%.1f\n", threads,
              used / 1024, (used - bare) / 1024);
}
