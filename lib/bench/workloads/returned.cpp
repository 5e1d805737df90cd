// SPDX-License-Identifier: MIT
// What a process keeps after its objects are gone: 119 MB of mixed small objects are all freed in
// random order, and its memory is weighed at once, after 1.5 s of sleep, and after half a second
// more in which it makes a small object every few milliseconds (allocators that only tidy up when
// called).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/support/arguments.hpp"
#include "bench/support/block.hpp"
#include "bench/support/escape.hpp"
#include "bench/support/mapped_array.hpp"
#include "bench/support/random.hpp"
#include "bench/support/resident.hpp"
#include "bench/support/shuffle.hpp"

using namespace arenite::bench;

namespace {

constexpr std::size_t kLow = 16;
constexpr std::size_t kHigh = 512;
constexpr std::uint64_t kTag = 0x72657475726e;

void wait_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

double megabytes(std::size_t now, std::size_t before) {
  return (static_cast<double>(now) - static_cast<double>(before)) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argc, argv, "returned [megabytes=119] [idle_ms=1500]");
  arguments.expect_at_most(2);
  const std::size_t bytes = arguments.number(1, 119) * 1000000;
  const auto idle_ms = static_cast<int>(arguments.number(2, 1500));

  Random random(1);
  MappedArray<Block> blocks(bytes / ((kLow + kHigh) / 2));
  const std::size_t before = private_bytes();
  for (Block& block : blocks) block = Block::make(random.between(kLow, kHigh), kTag);
  const std::size_t full = private_bytes();
  shuffle(blocks, random);
  for (Block& block : blocks) block.drop(kTag);
  const std::size_t freed = private_bytes();
  wait_ms(idle_ms);
  const std::size_t idle = private_bytes();
  for (int tick = 0; tick < 100; ++tick) {
    void* const object = std::malloc(64);
    escape(object);
    std::free(object);
    wait_ms(5);
  }
  const std::size_t active = private_bytes();
  std::printf("returned full_mb=%.1f freed_mb=%.1f idle_mb=%.1f active_mb=%.1f\n",
              megabytes(full, before), megabytes(freed, before), megabytes(idle, before),
              megabytes(active, before));
}
