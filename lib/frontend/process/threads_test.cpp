// SPDX-License-Identifier: MIT
// Threads that come and go leave nothing behind.
#include <unistd.h>

#include <barrier>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <arenite/arenite.h>

namespace {

std::size_t statistic(const char* name) {
  FILE* file = std::tmpfile();
  EXPECT_EQ(arn_statistics(fileno(file), ARN_JSON), 0);
  std::rewind(file);
  const std::size_t value = nlohmann::json::parse(file)[name];
  std::fclose(file);
  return value;
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

constexpr int kAtOnce = 4;
constexpr std::size_t kArenaBytes = 4 << 20;

/// Leaves a block behind, to be freed by another thread, and frees one. Those at once all hold
/// their blocks at the same time, so that what they need at most is needed in each round.
void live(void*& passed, std::barrier<>& all_hold) {
  free(passed);
  std::vector<void*> blocks;
  for (std::size_t i = 1; i < 60; ++i) blocks.push_back(std::memset(malloc(i * 37), 1, i * 37));
  all_hold.arrive_and_wait();
  for (void* block : blocks) free(block);
  passed = malloc(100);
}

void run_threads(int count, void*& passed) {
  for (int i = 0; i < count; i += kAtOnce) {
    void* own[kAtOnce] = {passed};
    std::barrier all_hold(kAtOnce);
    std::vector<std::thread> threads;
    for (void*& one : own) threads.emplace_back(live, std::ref(one), std::ref(all_hold));
    for (std::thread& thread : threads) thread.join();
    passed = own[0];
    for (int k = 1; k < kAtOnce; ++k) free(own[k]);
  }
}

TEST(ThreadsTest, TenThousandShortLivesLeaveMemoryFlat) {
  void* passed = nullptr;
  run_threads(500, passed);
  const std::size_t threads = statistic("threads"), live = statistic("live_bytes"),
                    committed = statistic("range_committed_bytes");
  const std::size_t resident_before = resident_bytes();
  run_threads(10'000, passed);
  // This one, those at once, and the one for whatever has none.
  EXPECT_LE(statistic("thread_blocks"), 2u + kAtOnce);
  EXPECT_EQ(statistic("threads"), threads);
  // An arena more or less, as threads that end and begin overlap; a pool lost by each were 640 MB.
  EXPECT_LE(statistic("range_committed_bytes"), committed + kArenaBytes);
  EXPECT_LE(statistic("live_bytes"), live + 4096);
  EXPECT_LE(resident_bytes(), resident_before + kArenaBytes);
  free(passed);
  EXPECT_EQ(arn_audit(STDERR_FILENO), 0u);
}

TEST(ThreadsTest, BlocksOutliveTheThreadThatMadeThem) {
  std::vector<char*> blocks(2000);
  std::thread([&blocks] {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      blocks[i] = static_cast<char*>(malloc(1 + i * 11));
      std::memset(blocks[i], static_cast<int>(i % 100), 1 + i * 11);
    }
  }).join();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i][0], static_cast<char>(i % 100));
    EXPECT_EQ(blocks[i][i * 11], static_cast<char>(i % 100));
    free(blocks[i]);
  }
}

/// One thread takes, another gives back: what it gave back serves the first again.
TEST(ThreadsTest, FreedByOthersServesAgain) {
  const std::size_t before = statistic("range_committed_bytes");
  for (int round = 0; round < 200; ++round) {
    std::vector<void*> blocks(20'000);
    for (void*& block : blocks) block = malloc(200);
    std::thread([&blocks] {
      for (void* block : blocks) free(block);
    }).join();
  }
  const std::size_t after = statistic("range_committed_bytes");
  EXPECT_LE(after, before + (12 << 20)) << "200 rounds of 4 MB";
}

}  // namespace
