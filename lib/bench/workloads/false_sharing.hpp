// SPDX-License-Identifier: MIT
// What cache_scratch and cache_thrash share: threads that allocate a small object, write to it many
// times and free it, over and over. They differ in whether a thread first frees an object it was
// given.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/check.hpp"
#include "bench/support/stopwatch.hpp"

namespace arenite::bench {

enum class Start { kEmpty, kGiven };

inline void write_and_free(void* given, std::size_t rounds, std::size_t writes, std::size_t size) {
  std::free(given);
  for (std::size_t round = 0; round < rounds; ++round) {
    auto* counter = static_cast<volatile unsigned char*>(std::malloc(size));
    check(counter != nullptr, "out of memory");
    *counter = 0;
    for (std::size_t write = 0; write < writes; ++write) {
      *counter = static_cast<unsigned char>(*counter + 1);
    }
    check(*counter == static_cast<unsigned char>(writes), "another thread wrote to this object");
    std::free(const_cast<unsigned char*>(counter));
  }
}

inline int false_sharing(int argc, char** argv, const char* name, Start start) {
  const Arguments arguments(
      argc, argv, "cache_scratch|cache_thrash [threads=2] [rounds=8000] [writes=20000] [size=8]");
  arguments.expect_at_most(4);
  const std::size_t threads = arguments.number(1, 2);
  const std::size_t rounds = arguments.number(2, 8000);
  const std::size_t writes = arguments.number(3, 20000);
  const std::size_t size = arguments.number(4, 8);
  if (threads == 0 || size == 0) arguments.refuse();

  std::vector<void*> given(threads, nullptr);
  if (start == Start::kGiven) {
    for (void*& object : given) object = std::malloc(size);
  }
  const Stopwatch watch;
  std::vector<std::thread> workers;
  workers.reserve(threads);
  for (void* object : given) workers.emplace_back(write_and_free, object, rounds, writes, size);
  for (std::thread& worker : workers) worker.join();
  std::printf("%s threads=%zu size=%zu ns_per_write=%.3f\n", name, threads, size,
              watch.nanoseconds() / static_cast<double>(rounds * writes));
  return 0;
}

}  // namespace arenite::bench
