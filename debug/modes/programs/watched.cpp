// SPDX-License-Identifier: MIT
// Wrong and right uses of blocks from every kind of entry point, one each time: what a tool that
// watches memory is to say of them.
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

volatile char sink;
volatile std::size_t size = 40;

/// The blocks' own functions, to be found in stacks.
[[gnu::noinline]] char* make_block() {
  auto* block = static_cast<char*>(malloc(size));
  memset(block, 1, size);
  return block;
}
[[gnu::noinline]] void free_block(char* block) {
  free(block);
  asm volatile("" ::: "memory");
}

void use_after_free() {
  char* block = make_block();
  free_block(block);
  sink = block[8];
}
void overflow() {
  char* block = make_block();
  block[size] = 1;
  free_block(block);
}
void underflow() {
  char* block = make_block();
  block[-1] = 1;
  free_block(block);
}
void overflow_of_moved() {
  auto* block = static_cast<char*>(realloc(make_block(), 4000));
  sink = block[4000];
  free(block);
}
void overflow_of_aligned() {
  auto* block = static_cast<char*>(aligned_alloc(4096, 8192));
  block[8192] = 1;
  free(block);
}
void use_of_moved() {
  char* block = make_block();
  auto* moved = static_cast<char*>(realloc(block, 4000));
  sink = block[0];
  free(moved);
}
void double_free() {
  char* block = make_block();
  free_block(block);
  free_block(block);
}
void undefined() {
  auto* block = static_cast<char*>(malloc(size));
  if (block[3] == 7) sink = 1;
  free(block);
}
void undefined_after_realloc() {
  auto* block = static_cast<char*>(realloc(make_block(), 4000));
  if (block[3000] == 7) sink = 1;
  free(block);
}
void overflow_of_object() {
  char* volatile array = new char[size];
  array[size] = 1;
  delete[] array;
}
[[gnu::noinline]] void lose() {
  sink = make_block()[0];
}
[[gnu::noinline]] void forget() {
  volatile char stack[4096];
  for (volatile char& byte : stack) byte = 0;
}
void leak() {
  lose();
  forget();
}

void through_every_entry_point() {
  void* blocks[] = {malloc(10),
                    calloc(3, 7),
                    reallocarray(nullptr, 4, 5),
                    memalign(64, 100),
                    aligned_alloc(32, 64),
                    valloc(50),
                    pvalloc(5),
                    realloc(nullptr, 17),
                    malloc(100'000),
                    calloc(1, 1'000'000),
                    aligned_alloc(1 << 16, 200'000)};
  for (void*& block : blocks) {
    const std::size_t usable = malloc_usable_size(block);
    memset(block, 3, usable);
    block = reallocarray(block, usable, 3);
    if (static_cast<char*>(block)[usable - 1] != 3) abort();
    block = realloc(block, 8);
    if (static_cast<char*>(block)[7] != 3) abort();
    free(block);
  }
  free(nullptr);
  struct alignas(128) Wide {
    char bytes[128] = {};
  };
  delete new Wide;
  delete[] new Wide[3];
  delete new (std::nothrow) int;
}

/// Blocks come back from quarantine, zeroed ones too, on every thread and in a child.
void many_blocks() {
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([] {
      std::vector<std::string> texts;
      for (std::size_t i = 0; i < 1500; ++i) {
        texts.emplace_back(i * 37 % 5000, 'x');
        if (i % 3 == 0) texts.erase(texts.begin() + static_cast<long>(i * 7 % texts.size()));
        auto* zeros = static_cast<char*>(calloc(1, i * 91 % 50'000 + 1));
        if (zeros[i * 91 % 50'000] != 0) abort();
        free(zeros);
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (fork() == 0) {
    free_block(make_block());
    _exit(0);
  }
}

struct Case {
  std::string_view name;
  void (*run)();
};

constexpr Case kCases[] = {
    {"right", through_every_entry_point},
    {"many", many_blocks},
    {"use_after_free", use_after_free},
    {"use_of_moved", use_of_moved},
    {"overflow", overflow},
    {"overflow_of_moved", overflow_of_moved},
    {"overflow_of_aligned", overflow_of_aligned},
    {"overflow_of_object", overflow_of_object},
    {"underflow", underflow},
    {"double_free", double_free},
    {"undefined", undefined},
    {"undefined_after_realloc", undefined_after_realloc},
    {"leak", leak},
};

}  // namespace

int main(int, char** argv) {
  for (const Case& each : kCases)
    if (each.name == argv[1]) return each.run(), 0;
  return 64;
}
