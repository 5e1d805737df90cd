// SPDX-License-Identifier: MIT
// A producer and a consumer: one thread allocates, another frees, at sizes from 16 bytes to 1 MiB.
// The first word of each block is written by the one and checked by the other. Prints the median
// of several repetitions in nanoseconds a block, start and end of the two threads included.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "bench/support/arguments.hpp"
#include "bench/support/channel.hpp"
#include "bench/support/check.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

constexpr std::array<std::size_t, 8> kSizes = {16, 64, 256, 1024, 4096, 32768, 262144, 1048576};
using Blocks = Channel<std::uint64_t*, 128>;

void produce(Blocks& blocks, std::size_t size, std::size_t count) {
  for (std::size_t tag = 0; tag < count; ++tag) {
    while (blocks.full()) std::this_thread::yield();
    auto* block = static_cast<std::uint64_t*>(std::malloc(size));
    check(block != nullptr, "out of memory");
    *block = tag;
    blocks.push(block);
  }
}

void consume(Blocks& blocks, std::size_t count) {
  for (std::size_t tag = 0; tag < count; ++tag) {
    std::uint64_t* block = nullptr;
    while (!blocks.pop(block)) std::this_thread::yield();
    check(*block == tag, "a block lost its contents");
    std::free(block);
  }
}

double nanoseconds_a_block(std::size_t size, std::size_t count) {
  const auto blocks = std::make_unique<Blocks>();
  const Stopwatch watch;
  std::thread consumer(consume, std::ref(*blocks), count);
  produce(*blocks, size, count);
  consumer.join();
  return watch.nanoseconds() / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "handoff [blocks=200000]");
  arguments.expect_at_most(1);
  const std::size_t blocks = arguments.number(1, 200000);
  if (blocks == 0) arguments.refuse();
  for (const std::size_t size : kSizes) {
    // Of large ones fewer: some peers ask the system for each.
    const std::size_t count = size > 32768 ? (blocks + 9) / 10 : blocks;
    std::array<double, 5> times;
    for (double& time : times) time = nanoseconds_a_block(size, count);
    std::nth_element(times.begin(), times.begin() + 2, times.end());
    std::printf("handoff size=%zu ns=%.1f\n", size, times[2]);
  }
}
