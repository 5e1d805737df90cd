// SPDX-License-Identifier: MIT
// Each operation alone, by Google Benchmark, which chooses how often to repeat it and prints
// spread with --benchmark_repetitions: what to look at when one path changes. Comparisons between
// allocators are batches.cpp's, whose rounds ci/bench interleaves.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/support/check.hpp"
#include "bench/support/escape.hpp"

using namespace arenite::bench;

namespace {

/// 16 bytes to 1 MiB, each four times the one before.
void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(4)->Range(16, 1 << 20);
}

void malloc_and_free(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto unused : state) {
    void* block = std::malloc(size);
    escape(block);
    std::free(block);
  }
}
BENCHMARK(malloc_and_free)->Apply(sizes);

void calloc_and_free(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto unused : state) {
    void* block = std::calloc(1, size);
    escape(block);
    std::free(block);
  }
}
BENCHMARK(calloc_and_free)->Apply(sizes);

void new_and_sized_delete(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto unused : state) {
    void* block = ::operator new(size);
    escape(block);
    ::operator delete(block, size);
  }
}
BENCHMARK(new_and_sized_delete)->Apply(sizes);

void aligned_alloc_and_free(benchmark::State& state) {
  const auto alignment = static_cast<std::size_t>(state.range(0));
  for (auto unused : state) {
    void* block = std::aligned_alloc(alignment, 4 * alignment);
    escape(block);
    std::free(block);
  }
}
BENCHMARK(aligned_alloc_and_free)->RangeMultiplier(4)->Range(16, 4096);

/// Between two sizes of one class: the block stays where it is.
void realloc_in_place(benchmark::State& state) {
  void* block = std::malloc(100);
  for (auto unused : state) {
    block = std::realloc(block, 110);
    escape(block);
    block = std::realloc(block, 100);
    escape(block);
  }
  std::free(block);
}
BENCHMARK(realloc_in_place);

/// A thousand blocks held at once, freed in the order they came.
void thousand_blocks(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<void*> blocks(1000);
  for (auto unused : state) {
    for (void*& block : blocks) block = std::malloc(size);
    check(blocks.back() != nullptr, "out of memory");
    for (void* block : blocks) std::free(block);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(blocks.size()));
}
BENCHMARK(thousand_blocks)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
