// SPDX-License-Identifier: MIT
// Does one thing right or wrong with blocks of a pool, by its name; a tool that watches must report
// the wrong ones. Prints which tool that is.
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include "debug/annotate/programs/toy_pool.hpp"

using namespace arenite;

namespace {

constexpr std::size_t kSize = 40;

/// The optimiser must neither see what an access reads nor leave it out.
[[gnu::noinline]] int read_byte(const char* at) {
  return *static_cast<const volatile char*>(at);
}
[[gnu::noinline]] void write_byte(char* at) {
  *static_cast<volatile char*>(at) = 'x';
}
[[gnu::noinline]] int branch_on(const char* at) {
  if (read_byte(at) == 'x') std::puts("x");
  return 0;
}

[[gnu::noinline]] char* make_block(ToyPool& pool) {
  return pool.allocate(kSize);
}
[[gnu::noinline]] void free_block(ToyPool& pool, char* block) {
  pool.free(block, kSize);
}

int right(ToyPool& pool) {
  char* block = make_block(pool);
  std::memset(block, 'x', kSize);
  branch_on(block + kSize - 1);
  free_block(pool, block);
  char* zeroed = pool.allocate(kSize, true);
  branch_on(zeroed);
  pool.resize(zeroed, kSize, 100);
  write_byte(zeroed + 99);
  branch_on(zeroed + 99);
  // What it had before it grew, to the last byte.
  branch_on(zeroed);
  branch_on(zeroed + kSize - 1);
  pool.resize(zeroed, 100, 20);
  write_byte(zeroed + 19);
  pool.free(zeroed, 20);
  return 0;
}

int use_after_free(ToyPool& pool) {
  char* block = make_block(pool);
  write_byte(block + 8);
  free_block(pool, block);
  return branch_on(block + 8);
}

int overflow(ToyPool& pool) {
  char* block = make_block(pool);
  write_byte(block + kSize);
  free_block(pool, block);
  return 0;
}

int underflow(ToyPool& pool) {
  char* block = make_block(pool);
  write_byte(block - 1);
  free_block(pool, block);
  return 0;
}

int behind_shrunk(ToyPool& pool) {
  char* block = make_block(pool);
  pool.resize(block, kSize, 20);
  write_byte(block + 20);
  pool.free(block, 20);
  return 0;
}

int undefined(ToyPool& pool) {
  char* block = make_block(pool);
  branch_on(block);
  free_block(pool, block);
  return 0;
}

/// A byte that nobody handed out.
int never_allocated(ToyPool& pool) {
  write_byte(make_block(pool) + 4096);
  return 0;
}

/// The bytes of a block no longer accessible, then again.
int closed(ToyPool& pool) {
  char* block = make_block(pool);
  annotator_of_process().make_inaccessible(reinterpret_cast<Address>(block), kSize);
  write_byte(block);
  free_block(pool, block);
  return 0;
}

int closed_and_opened(ToyPool& pool) {
  const Annotator& tool = annotator_of_process();
  char* block = make_block(pool);
  const Address at = reinterpret_cast<Address>(block);
  tool.make_inaccessible(at, kSize);
  tool.make_accessible_undefined(at, kSize);
  write_byte(block);
  tool.make_defined(at, kSize);
  branch_on(block + 7);
  free_block(pool, block);
  return 0;
}

/// What the layer does to a guard, unseen: write it, read it, branch on it.
int look_away(ToyPool& pool) {
  char* block = make_block(pool);
  {
    const ToolsLookAway away(annotator_of_process());
    const ToolsLookAway nested(annotator_of_process());
    write_byte(block + kSize);
    branch_on(block + kSize);
  }
  free_block(pool, block);
  return 0;
}

[[gnu::noinline]] void lose(ToyPool& pool) {
  write_byte(make_block(pool));
}

/// Where a pointer may have been left on the stack or in a register, there is another value after.
[[gnu::noinline]] void forget() {
  char bytes[4096];
  std::memset(bytes, 0, sizeof bytes);
  asm volatile("" : : "r"(bytes) : "memory", "rbx", "r12", "r13", "r14", "r15");
}

/// Reported at exit, for which the pool has to live on.
int leak(ToyPool& pool) {
  lose(pool);
  forget();
  return 0;
}

struct Case {
  std::string_view name;
  int (*run)(ToyPool&);
};

constexpr Case kCases[] = {
    {"right", right},
    {"use_after_free", use_after_free},
    {"overflow", overflow},
    {"underflow", underflow},
    {"behind_shrunk", behind_shrunk},
    {"undefined", undefined},
    {"never_allocated", never_allocated},
    {"closed", closed},
    {"closed_and_opened", closed_and_opened},
    {"look_away", look_away},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc == 2 ? argv[1] : "";
  const Annotator& tool = annotator_of_process();
  std::printf("tool: %s\non valgrind: %d\n", tool.name, runs_on_valgrind());
  std::fflush(stdout);
  if (name == "leak") {
    alignas(ToyPool) static char room[sizeof(ToyPool)];
    return leak(*new (room) ToyPool(tool));
  }
  for (const Case& each : kCases) {
    if (each.name != name) continue;
    ToyPool pool(tool);
    return each.run(pool);
  }
  // Blocks that live when their pool is destroyed are no leak.
  if (name == "pool_destroyed") {
    {
      ToyPool pool(tool);
      lose(pool);
    }
    forget();
    return 0;
  }
  std::fprintf(stderr, "no such case: %s\n", argc == 2 ? argv[1] : "none given");
  return 64;
}
