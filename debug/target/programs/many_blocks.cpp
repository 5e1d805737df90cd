// SPDX-License-Identifier: MIT
// A heap of many blocks to be looked at: allocates ARGV[1] blocks of ARGV[2] bytes, 16 to 160 if
// not given or 0, frees one in ten at once and one in ARGV[3], if given, at the end; says where the
// middle one is, and waits to be killed.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

int main(int argc, char** argv) {
  const std::size_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  const std::size_t bytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  std::vector<char*> blocks;
  blocks.reserve(wanted);
  std::uint64_t state = 88172645463325252;
  while (blocks.size() < wanted) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    auto* block = static_cast<char*>(std::malloc(bytes != 0 ? bytes : 16 + state % 145));
    if (block == nullptr) return 1;
    block[0] = 1;
    if (state % 10 == 0)
      std::free(block);
    else
      blocks.push_back(block);
  }
  const std::size_t one_in = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  for (std::size_t i = 0; one_in != 0 && i < wanted; ++i) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    if (state % one_in == 0) std::free(std::exchange(blocks[i], nullptr));
  }
  std::printf("%p\n", static_cast<void*>(blocks[blocks.size() / 2]));
  std::fflush(stdout);
  ::pause();
}
