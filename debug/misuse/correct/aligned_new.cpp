// SPDX-License-Identifier: MIT
// Every alignment up to 64 KiB, by each way to ask for it, filled to the last byte.
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "sum.h"

namespace {

struct alignas(256) Wide {
  long values[40];
};

void use(void* block, std::size_t bytes, std::size_t alignment) {
  add(reinterpret_cast<std::uintptr_t>(block) % alignment);
  std::memset(block, static_cast<int>(bytes % 251), bytes);
  add(static_cast<unsigned char*>(block)[bytes - 1]);
}

void by_each_way(std::size_t bytes, std::size_t alignment) {
  const auto align = static_cast<std::align_val_t>(alignment);
  void* block = ::operator new(bytes, align);
  use(block, bytes, alignment);
  ::operator delete(block, align);
  block = ::operator new[](bytes, align, std::nothrow);
  use(block, bytes, alignment);
  ::operator delete[](block, bytes, align);
  if (posix_memalign(&block, alignment, bytes) != 0) std::abort();
  use(block, bytes, alignment);
  std::free(block);
  block = memalign(alignment, bytes);
  use(block, bytes, alignment);
  block = std::realloc(block, bytes * 2);
  use(block, bytes * 2, 16);
  std::free(block);
  block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  use(block, bytes, alignment);
  std::free(block);
}

}  // namespace

int main() {
  for (std::size_t alignment = 8; alignment <= 65536; alignment *= 2)
    for (const std::size_t bytes : {1, 8, 24, 100, 1000, 4096, 5000, 65536, 200000})
      by_each_way(bytes, alignment);
  std::vector<std::unique_ptr<Wide>> many;
  for (long i = 0; i < 500; ++i) {
    many.push_back(std::make_unique<Wide>());
    many.back()->values[39] = i;
    add(reinterpret_cast<std::uintptr_t>(many.back().get()) % 256);
  }
  for (const auto& one : many) add(static_cast<std::uint64_t>(one->values[39]));
  const std::vector<Wide> row(7);
  add(reinterpret_cast<std::uintptr_t>(row.data()) % 256);
  return print_sum();
}
