// SPDX-License-Identifier: MIT
// What a leak check costs: CPU seconds by size of block, for blocks that point to two others at
// random, all of them reached.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "debug/leaks/fake_blocks.hpp"
#include "debug/leaks/leak_check.hpp"

namespace arenite {
namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

alignas(8) char root[sizeof(Address)];

void measure(std::size_t heap_bytes, std::size_t size) {
  const std::size_t count = heap_bytes / size;
  FakeBlocks blocks(heap_bytes + count * 16 + 4096, count + 1);
  std::uint64_t state = 42;
  Hidden last{};
  for (std::size_t i = 0; i < count; ++i) {
    const Hidden block = blocks.allocate(size, static_cast<StackId>(i % 1000));
    if (i == 0) point(root, block);
    if (i > 0) link(last, block);
    if (size >= 16 && i > 0) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      link(block, {~blocks.facts((state >> 20) % i).begin}, 8);
    }
    last = block;
  }
  // The rest of each block is in memory, too, as text would be.
  if (size > 16)
    for (std::size_t i = 0; i < count; ++i)
      std::memset(reinterpret_cast<void*>(blocks.facts(i).begin + 16), 'x', size - 16);
  LeakSettings settings;
  settings.blocks = blocks.map();
  settings.left_out = blocks.left_out();
  const double before = cpu_seconds();
  const LeakTotals totals = check_leaks(settings, [](void*, const LeakSite&) {}, nullptr);
  std::printf("%9zu bytes a block  %9zu blocks  %6.2f s CPU  %llu lost%s\n", size, count,
              cpu_seconds() - before, static_cast<unsigned long long>(totals.direct.objects),
              totals.obstacle == LeakObstacle::none ? "" : "  incomplete");
}

}  // namespace
}  // namespace arenite

int main(int argc, char** argv) {
  const std::size_t heap_bytes = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1024) << 20;
  for (const std::size_t size : {32u, 64u, 128u, 256u, 1024u, 65536u, 1048576u})
    arenite::measure(heap_bytes, size);
}
