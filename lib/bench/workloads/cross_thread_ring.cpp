// SPDX-License-Identifier: MIT
// Threads in a ring: each allocates blocks, passes them to the next thread, and frees what it gets
// from the one before. Every block is freed by a thread that did not allocate it, the worst case
// for allocators that send each block home. Resembles xmalloc-test and mimalloc-bench's mstress
// hand-over.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/channel.hpp"
#include "bench/support/random.hpp"
#include "bench/support/stopwatch.hpp"

using namespace arenite::bench;

namespace {

using Blocks = Channel<Block, 512>;

constexpr std::uint64_t kTag = 0x72696e67;
constexpr std::size_t kBurst = 64;

void run(Blocks& inbox, Blocks& outbox, std::size_t size, std::size_t blocks, std::uint64_t seed) {
  Random random(seed);
  std::size_t sent = 0;
  std::size_t received = 0;
  while (sent < blocks || received < blocks) {
    const std::size_t before = sent + received;
    for (std::size_t burst = 0; burst < kBurst && sent < blocks && !outbox.full(); ++burst) {
      outbox.push(Block::make(size != 0 ? size : random.between(16, 1024), kTag));
      ++sent;
    }
    Block block{};
    for (std::size_t burst = 0; burst < kBurst && inbox.pop(block); ++burst) {
      block.drop(kTag);
      ++received;
    }
    if (sent + received == before) std::this_thread::yield();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(
      argc, argv, "cross_thread_ring [threads=2] [size=64, 0: mixed 16..1024] [blocks=6000000]");
  arguments.expect_at_most(3);
  const std::size_t threads = arguments.number(1, 2);
  const std::size_t size = arguments.number(2, 64);
  const std::size_t blocks = arguments.number(3, 6000000);
  if (threads == 0) arguments.refuse();

  const Stopwatch watch;
  const auto channels = std::make_unique<Blocks[]>(threads);
  std::vector<std::thread> ring;
  ring.reserve(threads);
  for (std::size_t number = 0; number < threads; ++number) {
    ring.emplace_back(run, std::ref(channels[number]), std::ref(channels[(number + 1) % threads]),
                      size, blocks / threads, number + 1);
  }
  for (std::thread& thread : ring) thread.join();
  std::printf("cross_thread_ring threads=%zu size=%zu ns_per_block=%.1f\n", threads, size,
              watch.nanoseconds() / static_cast<double>(blocks));
}
