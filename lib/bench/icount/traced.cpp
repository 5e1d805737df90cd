// SPDX-License-Identifier: MIT
// The program that is stepped through: `icount-traced CASE real|empty`. It brings the heap into a
// steady state and then runs the case's operations between two breakpoint instructions, several
// times over. `real` calls malloc and its kin through the PLT, whatever library they come from;
// `empty` runs the same code against empty.hpp. It exits with kMoved if a realloc that should stay
// in place moved.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>

#include "bench/icount/cases.hpp"
#include "bench/icount/empty.hpp"
#include "bench/support/escape.hpp"
#include "bench/support/random.hpp"
#include "bench/support/shuffle.hpp"

using namespace arenite::bench;

namespace {

constexpr int kMoved = 3;
constexpr int kUsage = 64;

[[gnu::always_inline]] inline void mark() {
  asm volatile("int3" : : : "memory");
}

struct Real {
  static void* malloc(std::size_t size) { return std::malloc(size); }
  static void* calloc(std::size_t count, std::size_t size) { return std::calloc(count, size); }
  static void* realloc(void* block, std::size_t size) { return std::realloc(block, size); }
  static void free(void* block) { std::free(block); }
  static void* make(std::size_t size) { return ::operator new(size); }
  static void drop(void* block, std::size_t size) { ::operator delete(block, size); }
};

struct Empty {
  static void* malloc(std::size_t size) { return empty_malloc(size); }
  static void* calloc(std::size_t count, std::size_t size) { return empty_calloc(count, size); }
  static void* realloc(void* block, std::size_t size) { return empty_realloc(block, size); }
  static void free(void* block) { empty_free(block); }
  static void* make(std::size_t size) { return empty_new(size); }
  static void drop(void* block, std::size_t size) { empty_delete(block, size); }
};

using Row = std::array<void*, kRow>;

// A pair is measured this often, after as many rounds again of warming up, and each on its own, so
// that the spread shows.
constexpr int kPairs = 100;
constexpr int kWarmPairs = 4000;

template <class Pair>
[[gnu::always_inline]] inline void measure_pairs(Pair pair) {
  for (int round = 0; round < kWarmPairs; ++round) pair();
  for (int round = 0; round < kPairs; ++round) {
    mark();
    pair();
    mark();
  }
}

template <class Api, std::size_t kSize>
void pair() {
  measure_pairs([] {
    void* block = Api::malloc(kSize);
    escape(block);
    Api::free(block);
  });
}

template <class Api>
void new_delete() {
  measure_pairs([] {
    void* block = Api::make(16);
    escape(block);
    Api::drop(block, 16);
  });
}

template <class Api>
void calloc_free() {
  measure_pairs([] {
    void* block = Api::calloc(1, 64);
    escape(block);
    Api::free(block);
  });
}

template <class Api>
void mixed() {
  Random random(1);
  for (int round = 0; round < kWarmPairs; ++round) {
    void* block = Api::malloc(random.between(8, 512));
    escape(block);
    Api::free(block);
  }
  for (int round = 0; round < 3 * kPairs; ++round) {
    std::size_t size = random.between(8, 512);
    asm volatile("" : "+r"(size));  // computed before the mark
    mark();
    void* block = Api::malloc(size);
    escape(block);
    Api::free(block);
    mark();
  }
}

template <class Api>
void realloc_in_place() {
  void* block = Api::malloc(104);
  for (int round = 0; round < kWarmPairs + kPairs; ++round) {
    const std::size_t size = round % 2 == 0 ? 100 : 104;
    void* const before = block;
    if (round < kWarmPairs) {
      block = Api::realloc(block, size);
    } else {
      mark();
      block = Api::realloc(block, size);
      mark();
    }
    if (block != before) std::_Exit(kMoved);
  }
}

template <class Api>
[[gnu::noinline]] void fill(Row& row) {
  for (void*& block : row) block = Api::malloc(64);
}

template <class Api>
[[gnu::noinline]] void empty_out(Row& row) {
  for (void* block : row) Api::free(block);
}

constexpr int kWarmRows = 12;
constexpr int kRows = 2;

enum class Measured { kMalloc, kFree };

template <class Api, Measured kMeasured>
void rows() {
  static Row row;
  Random random(1);
  for (int round = 0; round < kWarmRows + kRows; ++round) {
    const bool counts = round >= kWarmRows;
    if (counts && kMeasured == Measured::kMalloc) mark();
    fill<Api>(row);
    if (counts && kMeasured == Measured::kMalloc) mark();
    shuffle(row, random);
    if (counts && kMeasured == Measured::kFree) mark();
    empty_out<Api>(row);
    if (counts && kMeasured == Measured::kFree) mark();
  }
}

// One thread fills the row and the other frees it; only the freeing thread is counted.
template <class Api>
void remote_free() {
  static Row row;
  std::atomic<int> turn{0};  // even: the owner's; odd: the other's
  std::thread other([&turn] {
    for (int round = 0; round < kWarmRows + kRows; ++round) {
      turn.wait(2 * round, std::memory_order_acquire);
      if (round >= kWarmRows) mark();
      empty_out<Api>(row);
      if (round >= kWarmRows) mark();
      turn.store(2 * round + 2, std::memory_order_release);
      turn.notify_one();
    }
  });
  for (int round = 0; round < kWarmRows + kRows; ++round) {
    fill<Api>(row);
    turn.store(2 * round + 1, std::memory_order_release);
    turn.notify_one();
    turn.wait(2 * round + 1, std::memory_order_acquire);
  }
  other.join();
}

template <class Api>
bool run(const char* name) {
  const auto is = [name](const char* other) { return std::strcmp(name, other) == 0; };
  if (is("pair_16")) return pair<Api, 16>(), true;
  if (is("new_16")) return new_delete<Api>(), true;
  if (is("pair_mixed")) return mixed<Api>(), true;
  if (is("pair_1024")) return pair<Api, 1024>(), true;
  if (is("pair_32768")) return pair<Api, 32768>(), true;
  if (is("calloc_64")) return calloc_free<Api>(), true;
  if (is("realloc_in_place")) return realloc_in_place<Api>(), true;
  if (is("row_malloc_64")) return rows<Api, Measured::kMalloc>(), true;
  if (is("row_free_random")) return rows<Api, Measured::kFree>(), true;
  if (is("remote_free_64")) return remote_free<Api>(), true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return kUsage;
  const bool known = std::strcmp(argv[2], "real") == 0 ? run<Real>(argv[1]) : run<Empty>(argv[1]);
  return known ? 0 : kUsage;
}
