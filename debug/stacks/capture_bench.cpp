// SPDX-License-Identifier: MIT
// What a stack costs: captured by ours and by glibc's backtrace, by depth; looked up in the depot.
// Rules and stacks are hot, as they are in a loop that allocates.
#include <execinfo.h>
#include <ucontext.h>

#include <memory>

#include <benchmark/benchmark.h>

#include "debug/stacks/capture.hpp"
#include "debug/stacks/depot.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/recent_stacks.hpp"
#include "debug/stacks/unwind_rules.hpp"

namespace arenite {
namespace {

constexpr unsigned kMost = 64;

struct Job {
  void (*body)(benchmark::State& state, unsigned most);
  benchmark::State* state;
  unsigned most;
};

/// Frames of different sizes, as a program has; something to do after the call keeps them.
template <unsigned kWords>
[[gnu::noinline]] unsigned descend(const Job& job, unsigned depth) {
  volatile unsigned words[kWords];
  words[depth % kWords] = depth;
  if (depth == 0)
    job.body(*job.state, job.most);
  else
    descend<kWords % 11 + 3>(job, depth - 1);
  return words[depth % kWords] + 1;
}

void capture_ours(benchmark::State& state, unsigned most) {
  Address frames[kMost];
  unsigned count = 0;
  for (auto _ : state) benchmark::DoNotOptimize(count = capture_stack(frames, most));
  state.counters["frames"] = count;
}

void capture_glibc(benchmark::State& state, unsigned most) {
  void* frames[kMost];
  int count = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(count = ::backtrace(frames, static_cast<int>(most)));
  state.counters["frames"] = count;
}

void capture_cold(benchmark::State& state, unsigned most) {
  Address frames[kMost];
  unsigned count = 0;
  for (auto _ : state) {
    state.PauseTiming();
    forget_rules();
    state.ResumeTiming();
    benchmark::DoNotOptimize(count = capture_stack(frames, most));
  }
  state.counters["frames"] = count;
}

void capture_and_put(benchmark::State& state, unsigned most) {
  StackDepot depot;
  depot.open();
  Address frames[kMost];
  for (auto _ : state) {
    const unsigned count = capture_stack(frames, most);
    benchmark::DoNotOptimize(depot.put(frames, count));
  }
  depot.close();
}

void put_recent(benchmark::State& state, unsigned most) {
  StackDepot depot;
  depot.open();
  const auto recent = std::make_unique<RecentStacks>();
  for (auto _ : state) benchmark::DoNotOptimize(recent->put(depot, most));
  depot.close();
}

/// More kinds of stacks than are remembered.
void put_never_recent(benchmark::State& state, unsigned most) {
  StackDepot depot;
  depot.open();
  const auto recent = std::make_unique<RecentStacks>();
  unsigned other = most;
  for (auto _ : state) {
    other = other == most ? most - 1 : most;
    benchmark::DoNotOptimize(recent->put(depot, other));
  }
  depot.close();
}

void measure(benchmark::State& state, void (*body)(benchmark::State& state, unsigned most)) {
  prepare_objects();
  const auto most = static_cast<unsigned>(state.range(0));
  descend<3>({body, &state, most}, most);
}
BENCHMARK_CAPTURE(measure, ours, capture_ours)->Arg(0)->Arg(1)->Arg(5)->Arg(10)->Arg(16)->Arg(32);
BENCHMARK_CAPTURE(measure, glibc, capture_glibc)->Arg(1)->Arg(10)->Arg(32);
BENCHMARK_CAPTURE(measure, cold, capture_cold)->Arg(10)->Iterations(20000);
BENCHMARK_CAPTURE(measure, recent, put_recent)->Arg(1)->Arg(5)->Arg(10)->Arg(16)->Arg(32);
BENCHMARK_CAPTURE(measure, never_recent, put_never_recent)->Arg(10)->Arg(16);
BENCHMARK_CAPTURE(measure, captured_and_put, capture_and_put)->Arg(10)->Arg(16);

/// On a stack whose memory may go away: each page is asked for.
void coroutine(benchmark::State& state) {
  static benchmark::State* current;
  static ucontext_t here, there;
  constexpr std::size_t kBytes = 65536;
  const auto stack = std::make_unique<char[]>(kBytes);
  current = &state;
  ::getcontext(&there);
  there.uc_stack.ss_sp = stack.get();
  there.uc_stack.ss_size = kBytes;
  there.uc_link = &here;
  ::makecontext(&there, [] { measure(*current, capture_ours); }, 0);
  ::swapcontext(&here, &there);
}
BENCHMARK(coroutine)->Arg(10);

void put(benchmark::State& state) {
  StackDepot depot;
  depot.open();
  Address frames[kMost];
  const auto count = static_cast<unsigned>(state.range(0));
  for (unsigned i = 0; i < count; ++i) frames[i] = 0x7f0012345678 + i * 4711;
  for (auto _ : state) benchmark::DoNotOptimize(depot.put(frames, count));
  depot.close();
}
BENCHMARK(put)->Arg(10)->Arg(16)->Arg(32);

void put_one_of_many(benchmark::State& state) {
  StackDepot depot;
  depot.open();
  Address frames[10] = {};
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (Address& frame : frames) frame = 0x7f0012345678 + number % 4096 * 64;
    ++number;
    benchmark::DoNotOptimize(depot.put(frames, 10));
  }
  depot.close();
}
BENCHMARK(put_one_of_many);

}  // namespace
}  // namespace arenite

BENCHMARK_MAIN();
