// SPDX-License-Identifier: MIT
// A preloaded library that counts the sizes a program asks glibc's malloc for, and writes them at
// exit as lines "size count" to $RECORD_DIRECTORY/<program>.<pid>. `summarise` turns such files
// into recorded_sizes.hpp. Sizes up to kExactLimit are kept exactly; larger ones by the upper end
// of an eighth of their doubling.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
}

namespace {

constexpr std::size_t kExactLimit = 1024;
constexpr std::size_t kSteps = 8;
constexpr std::size_t kDoublings = 20;
std::array<std::atomic<std::uint64_t>, kExactLimit + 1 + kSteps * kDoublings> counts;

std::size_t index_of(std::size_t size) {
  if (size <= kExactLimit) return size;
  const auto doubling = static_cast<std::size_t>(std::bit_width((size - 1) / kExactLimit)) - 1;
  if (doubling >= kDoublings) return counts.size() - 1;
  const std::size_t step = kExactLimit << doubling;
  return kExactLimit + 1 + doubling * kSteps + (size - 1 - step) / (step / kSteps);
}

std::size_t size_at(std::size_t index) {
  if (index <= kExactLimit) return index;
  const std::size_t above = index - kExactLimit - 1;
  const std::size_t step = kExactLimit << (above / kSteps);
  return step + (above % kSteps + 1) * (step / kSteps);
}

void count(std::size_t size) {
  counts[index_of(size)].fetch_add(1, std::memory_order_relaxed);
}

[[gnu::destructor]] void write_counts() {
  const char* directory = std::getenv("RECORD_DIRECTORY");
  if (directory == nullptr) return;
  char path[512];
  std::snprintf(path, sizeof path, "%s/%s.%d", directory, program_invocation_short_name, getpid());
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    const std::uint64_t times = counts[index].load(std::memory_order_relaxed);
    if (times != 0)
      dprintf(file, "%zu %llu\n", size_at(index), static_cast<unsigned long long>(times));
  }
  close(file);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void* realloc(void* block, std::size_t size) {
  count(size);
  return __libc_realloc(block, size);
}
}
