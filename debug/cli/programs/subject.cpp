// SPDX-License-Identifier: MIT
// A program for the tests to look at: does what its argument says, prints an address and a newline,
// and waits to be killed.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

void say(const void* address) {
  std::printf("%p\n", address);
  std::fflush(stdout);
}

[[noreturn]] void wait() {
  for (;;) ::pause();
}

/// Hidden from the compiler, which knows what free means.
void* volatile kept;

/// Blocks of many sizes, some of them freed again.
void fill() {
  for (std::size_t size = 1; size < 3000000; size += size / 5 + 1) {
    void* block = std::malloc(size);
    std::memset(block, 1, size);
    kept = block;
    if (size % 3 == 0) std::free(kept);
  }
}

void free_twice() {
  void* block = std::malloc(100);
  kept = block;
  std::free(kept);
  std::free(kept);
  say(block);
}

/// Hands the request on, as many programs have one; a site is who calls it.
[[gnu::noinline]] void* xmalloc(std::size_t size) {
  kept = std::malloc(size);
  return kept;
}

/// 40 pools of 1024 bytes a block, of each of which one block survives.
[[gnu::noinline]] void pin_pools() {
  constexpr std::size_t kBlocks = std::size_t{40} * 64;
  static std::array<void*, kBlocks> blocks;
  for (void*& block : blocks) block = xmalloc(1024);
  for (std::size_t i = 0; i < kBlocks; ++i)
    if (i % 64 != 5) std::free(std::exchange(blocks[i], nullptr));
  say(blocks[5]);
}

struct Linked {
  char before[16];
  Linked* next;
  char rest[376];
};
char* volatile inside;
Linked* volatile chain;
thread_local void* volatile of_thread;

Linked* linked(Linked* next) {
  auto* block = static_cast<Linked*>(std::calloc(1, sizeof(Linked)));
  block->next = next;
  return block;
}

[[gnu::noinline]] void lose() {
  for (int i = 0; i < 3; ++i) kept = linked(linked(nullptr));
  Linked* cycle = linked(nullptr);
  cycle->next = linked(cycle);
  kept = nullptr;
}

/// Writes over what calls before left on the stack.
[[gnu::noinline]] void wipe() {
  char bytes[16384];
  std::memset(bytes, 0, sizeof bytes);
  asm volatile("" : : "r"(bytes) : "memory");
}

/// Three blocks nothing points to, from each of which another hangs; a cycle of two; a block
/// reached only from inside; one only an ended thread knows; three in a chain, told.
void lose_in_every_way() {
  lose();
  inside = static_cast<char*>(std::malloc(500)) + 5;
  std::thread([] { of_thread = std::malloc(700); }).join();
  chain = linked(linked(linked(nullptr)));
  say(static_cast<Linked*>(chain)->next->next);
  wipe();
}

/// Waits with the address of a block in a register.
[[noreturn]] void hold_in_register() {
  void* block = std::calloc(1, 300);
  say(block);
  wipe();
  asm volatile("0: mov %1, %%eax\n syscall\n jmp 0b"
               :
               : "b"(block), "i"(SYS_pause)
               : "rax", "rcx", "r11", "memory");
  __builtin_unreachable();
}

/// A random program; odd seeds end with an error: a double free, or in debug mode a byte too many.
void random_program(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<void*> blocks(400);
  const auto churn = [&](unsigned steps) {
    while (steps-- > 0) {
      void*& block = blocks[random() % blocks.size()];
      std::free(block);
      const std::size_t size = random() % 50 == 0 ? random() % 300000 : random() % 700;
      block = std::malloc(size);
      std::memset(block, 1, size);
    }
  };
  churn(3000);
  std::thread(churn, 1000).join();
  kept = std::malloc(100);
  const char* options = std::getenv("ARENITE_OPTIONS");
  const bool debug = options != nullptr && std::strstr(options, "debug") != nullptr;
  if (seed % 2 == 0) return say(kept);
  if (debug) {
    static_cast<volatile char*>(kept)[100] = 1;
  } else {
    void* volatile twice = blocks[0];
    std::free(twice);
    std::free(twice);
  }
  say(kept);
}

/// Under mode=page: the page behind a block is opened, as no program should.
void open_a_guard_page() {
  kept = std::malloc(4096);
  auto* behind = static_cast<char*>(kept) + 4096;
  constexpr int kGuardRemove = 103;  // younger than the headers
  ::madvise(behind, 4096, kGuardRemove);
  ::mprotect(behind, 4096, PROT_READ | PROT_WRITE);
  *behind = 1;
  say(kept);
}

/// A program as text, a letter and a number a step: aN allocates N bytes for the next place, fN
/// frees the place N modulo their number, hN has a thread allocate and free N blocks and end, dN
/// frees a block of N bytes twice, oN writes a byte behind a block of N bytes.
void run_steps(const char* text) {
  std::array<void*, 32> places{};
  std::size_t next = 0;
  while (*text != '\0') {
    const char step = *text++;
    char* end = nullptr;
    const std::size_t number = std::strtoul(text, &end, 10);
    text = end;
    void*& place = places[(step == 'f' ? number : next) % places.size()];
    if (step == 'a' || step == 'f') std::free(std::exchange(place, nullptr));
    if (step == 'a') place = std::calloc(1, number);
    if (step == 'a') ++next;
    if (step == 'h')
      std::thread([number] {
        for (std::size_t i = 0; i < number; ++i) {
          // Volatile: the compiler would leave both calls out.
          void* volatile block = std::malloc(i * 37 % 3000);
          std::free(block);
        }
      }).join();
    if (step != 'd' && step != 'o') continue;
    kept = std::malloc(number);
    if (step == 'o') static_cast<volatile char*>(kept)[number] = 1;
    if (step == 'd') std::free(kept), std::free(kept);
  }
  say(&places);
}

/// Two heaps of its own; `bad`: a block of the second is freed twice. Tells the address of a block
/// in the second, to which nothing leads but that heap, and it to one of malloc's.
[[gnu::noinline]] void make_own_heaps(bool bad) {
  using Create = void* (*)(std::size_t);
  using Allocate = void* (*)(void*, std::size_t);
  const auto create = reinterpret_cast<Create>(::dlsym(RTLD_DEFAULT, "arn_heap_create"));
  const auto allocate = reinterpret_cast<Allocate>(::dlsym(RTLD_DEFAULT, "arn_heap_malloc"));
  const auto give_back =
      reinterpret_cast<void (*)(void*, void*)>(::dlsym(RTLD_DEFAULT, "arn_heap_free"));
  static std::array<void*, 2> heaps;
  for (void*& heap : heaps) heap = create(std::size_t{64} << 20);
  for (int i = 0; i < 1000; ++i) allocate(heaps[0], 100);
  // Where the first block begins the heap does, which the heap's own root has.
  kept = allocate(heaps[1], 5000);
  auto* block = static_cast<void**>(allocate(heaps[1], 5000));
  kept = nullptr;
  *block = linked(nullptr);
  void* twice = allocate(heaps[1], 3000);
  give_back(heaps[1], twice);
  if (bad) give_back(heaps[1], twice);
  say(reinterpret_cast<char*>(std::exchange(block, nullptr)) + 9);
}

/// Threads that allocate and free each other's blocks, and threads that come and go.
[[noreturn]] void work() {
  static std::array<std::atomic<void*>, 1024> shared{};
  const auto churn = [](unsigned seed, std::uint64_t steps) {
    std::mt19937 random(seed);
    while (steps-- > 0) {
      const std::size_t size = random() % 200 == 0 ? random() % 400000 : random() % 600;
      void* block = shared[random() % shared.size()].exchange(std::malloc(size));
      std::free(block);
    }
  };
  for (unsigned i = 0; i < 3; ++i) std::thread(churn, i, ~std::uint64_t{0}).detach();
  say(&shared);
  for (unsigned seed = 100;; ++seed) std::thread(churn, seed, 2000).join();
}

}  // namespace

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (std::strcmp(what, "fill") == 0) {
    fill();
    say(kept);
  } else if (std::strcmp(what, "twice") == 0) {
    free_twice();
  } else if (std::strcmp(what, "pinned") == 0) {
    pin_pools();
  } else if (std::strcmp(what, "lost") == 0) {
    lose_in_every_way();
  } else if (std::strcmp(what, "random") == 0) {
    random_program(static_cast<unsigned>(std::atoi(argv[2])));
  } else if (std::strcmp(what, "steps") == 0) {
    run_steps(argv[2]);
  } else if (std::strcmp(what, "unguarded") == 0) {
    open_a_guard_page();
  } else if (std::strcmp(what, "own") == 0 || std::strcmp(what, "own-twice") == 0) {
    make_own_heaps(std::strcmp(what, "own-twice") == 0);
    wipe();
  } else if (std::strcmp(what, "work") == 0) {
    work();
  } else if (std::strcmp(what, "live") == 0) {
    kept = std::malloc(100);
    say(static_cast<char*>(kept) + 7);
  } else if (std::strcmp(what, "abort") == 0) {
    kept = std::malloc(100);
    say(static_cast<char*>(kept) + 7);
    std::abort();
  } else if (std::strcmp(what, "freed") == 0) {
    kept = std::malloc(100);
    std::free(kept);
    say(kept);
  } else if (std::strcmp(what, "span") == 0) {
    kept = std::malloc(1000000);
    say(static_cast<char*>(kept) + 999999);
  } else if (std::strcmp(what, "stack") == 0) {
    say(&argc);
  } else if (std::strcmp(what, "data") == 0) {
    say(const_cast<void**>(&kept));
  } else if (std::strcmp(what, "constant") == 0) {
    say("constant");
  } else if (std::strcmp(what, "register") == 0) {
    hold_in_register();
  } else {
    return 3;
  }
  wait();
}
