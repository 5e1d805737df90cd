// SPDX-License-Identifier: MIT
// A program compiled with a sanitizer, whose malloc is the sanitizer's; what it takes from the
// library itself is told to the sanitizer.
#include <string.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <arenite/arenite.h>
#include <arenite/debug.h>

namespace {

volatile char sink;
volatile std::size_t size = 40;

char* make_block() {
  return static_cast<char*>(memset(arn_malloc(size), 1, size));
}

void use_after_free() {
  char* block = make_block();
  arn_free(block);
  if (block[8] == 7) sink = 1;
}
void overflow() {
  char* block = make_block();
  block[size] = 1;
}
void overflow_through_libc() {
  char* block = make_block();
  memset(block, 1, size + 1);
}
void underflow() {
  char* block = make_block();
  block[-1] = 1;
}
void overflow_of_moved() {
  auto* block = static_cast<char*>(arn_realloc(make_block(), 4000));
  block[4000] = 1;
}
void undefined() {
  auto* block = static_cast<char*>(arn_malloc(size));
  if (block[8] == 7) sink = 1;
}
void double_free() {
  char* block = make_block();
  arn_free(block);
  arn_free(block);
}

/// Long enough that blocks leave quarantine and are used again.
void right() {
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t bytes = i * 7919 % 60'000 + 1;
    auto* block = static_cast<char*>(i % 2 == 0 ? arn_malloc(bytes) : arn_calloc(1, bytes));
    if (i % 2 != 0 && (block[0] != 0 || block[bytes - 1] != 0)) abort();
    memset(block, 3, bytes);
    block = static_cast<char*>(arn_realloc(block, bytes + 100));
    if (block[bytes - 1] != 3) abort();
    arn_free(block);
    auto* aligned = static_cast<char*>(arn_aligned_alloc(256, bytes));
    aligned[bytes - 1] = 1;
    if (arn_usable_size(aligned) < bytes) abort();
    arn_free(aligned);
    for (std::size_t alignment : {std::size_t{16}, std::size_t{64}}) {
      void* sized = arn_resource_allocate(bytes, alignment);
      memset(sized, 4, bytes);
      arn_resource_deallocate(sized, bytes, alignment);
    }
  }
  // Kept alive by a pointer in a block of ours, and by that alone.
  static auto** keeper = static_cast<std::string**>(arn_malloc(sizeof(std::string*)));
  *keeper = new std::string(100, 'x');
  if (arn_check_all() != 0) abort();
}

struct Case {
  std::string_view name;
  void (*run)();
};

constexpr Case kCases[] = {
    {"right", right},
    {"use_after_free", use_after_free},
    {"overflow", overflow},
    {"overflow_through_libc", overflow_through_libc},
    {"overflow_of_moved", overflow_of_moved},
    {"underflow", underflow},
    {"undefined", undefined},
    {"double_free", double_free},
};

}  // namespace

int main(int, char** argv) {
  std::printf("mode: %s\n", arn_mode());
  std::fflush(stdout);
  for (const Case& each : kCases)
    if (each.name == argv[1]) return each.run(), 0;
  return 64;
}
