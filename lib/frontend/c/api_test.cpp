// SPDX-License-Identifier: MIT
// The C interface over the process heap: statistics, audit, what becomes of a caller's mistake. The
// allocating functions are tested with the malloc family (malloc/family_test.cpp).
#include <fcntl.h>
#include <setjmp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <arenite/arenite.h>

namespace {

std::string statistics_text(arn_format format) {
  FILE* file = std::tmpfile();
  EXPECT_EQ(arn_statistics(fileno(file), format), 0);
  std::rewind(file);
  std::string text;
  char part[4096];
  for (std::size_t got; (got = std::fread(part, 1, sizeof part, file)) > 0;) text.append(part, got);
  std::fclose(file);
  return text;
}

nlohmann::json statistics() {
  return nlohmann::json::parse(statistics_text(ARN_JSON));
}

TEST(StatisticsTest, JsonSumsUp) {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 3000; ++i) blocks.push_back(malloc(i * i % 70'000));
  for (std::size_t i = 0; i < blocks.size(); i += 2) free(std::exchange(blocks[i], nullptr));
  const auto json = statistics();
  EXPECT_EQ(json["geometry"], "production");
  EXPECT_EQ(json["mapped_bytes"], json["accounted_bytes"]);

  std::uint64_t live = json["spans"]["bytes"], held = 0, free_bytes = 0, uncarved = 0, tails = 0,
                pools = 0;
  for (const auto& one : json["classes"]) {
    const std::uint64_t bytes = one["block_bytes"];
    EXPECT_EQ(one["capacity"].get<std::uint64_t>(),
              one["live"].get<std::uint64_t>() + one["held"].get<std::uint64_t>() +
                  one["free"].get<std::uint64_t>() + one["uncarved"].get<std::uint64_t>());
    live += one["live"].get<std::uint64_t>() * bytes;
    held += one["held"].get<std::uint64_t>() * bytes;
    free_bytes += one["free"].get<std::uint64_t>() * bytes;
    uncarved += one["uncarved"].get<std::uint64_t>() * bytes;
    tails += one["tail_bytes"].get<std::uint64_t>();
    pools += one["pools"].get<std::uint64_t>();
  }
  EXPECT_EQ(json["live_bytes"], live);
  EXPECT_EQ(json["held_bytes"], held);
  EXPECT_EQ(json["free_bytes"], free_bytes);
  EXPECT_EQ(json["uncarved_bytes"], uncarved);
  EXPECT_EQ(json["tail_bytes"], tails);

  const auto& states = json["pools"];
  EXPECT_EQ(states["unclear"], 0);
  EXPECT_EQ(pools, states["attached"].get<std::uint64_t>() + states["listed"].get<std::uint64_t>() +
                       states["full"].get<std::uint64_t>());
  std::uint64_t all = json["spans"]["pools"].get<std::uint64_t>();
  for (const auto& [name, count] : states.items()) all += count.get<std::uint64_t>();
  EXPECT_EQ(all, json["arenas"]["count"].get<std::uint64_t>() * 64);
  EXPECT_EQ(all * json["pool_bytes"].get<std::uint64_t>(), json["range_committed_bytes"]);
  EXPECT_LE(json["mapped_bytes"], json["reserved_bytes"]);
  for (void* block : blocks) free(block);
}

TEST(StatisticsTest, JsonFollowsBlocks) {
  const std::uint64_t live = statistics()["live_bytes"], spans = statistics()["spans"]["count"];
  void* block = malloc(1000);
  void* span = malloc(1'024'000);
  EXPECT_EQ(statistics()["live_bytes"], live + 1024 + 1'024'000);
  EXPECT_EQ(statistics()["spans"]["count"], spans + 1);
  free(block);
  free(span);
  EXPECT_EQ(statistics()["live_bytes"], live);
  EXPECT_EQ(statistics()["spans"]["count"], spans);
}

TEST(StatisticsTest, TextIsForPeople) {
  const std::string text = statistics_text(ARN_TEXT);
  EXPECT_EQ(text.rfind("heap of geometry production: ", 0), 0u) << text;
  for (const char* word : {"live blocks", "held by threads", "tables", "sum", "100.0 %", "arenas "})
    EXPECT_NE(text.find(word), std::string::npos) << word;
}

TEST(StatisticsTest, WhatCannotBeWrittenIsSaid) {
  for (arn_format format : {ARN_TEXT, ARN_JSON}) {
    errno = 0;
    EXPECT_EQ(arn_statistics(-1, format), -1);
    EXPECT_EQ(errno, EBADF);
    const int full = ::open("/dev/full", O_WRONLY);
    errno = 0;
    EXPECT_EQ(arn_statistics(full, format), -1);
    EXPECT_EQ(errno, ENOSPC);
    ::close(full);
  }
}

TEST(AuditTest, SoundHeapHasNoFindings) {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 3000; ++i) blocks.push_back(malloc(i * i % 70'000));
  EXPECT_EQ(arn_audit(STDERR_FILENO), 0u);
  for (void* block : blocks) free(block);
  EXPECT_EQ(arn_audit(STDERR_FILENO), 0u);
  EXPECT_EQ(arn_audit(-1), 0u);
}

jmp_buf back;
std::string said;

[[noreturn]] void keep_and_return(const char* message) {
  said = message;
  longjmp(back, 1);
}

void expect_jump(void (*misuse)(void*), void* address) {
  if (setjmp(back) != 0) return;
  misuse(address);
  ADD_FAILURE() << "came back from a misuse";
}

TEST(FatalHandlerTest, ReceivesTheMessageAndMayJump) {
  EXPECT_NE(arn_set_fatal_handler(keep_and_return), nullptr);
  char local[64];
  void* address = local;
  void (*const misuses[])(void*) = {free, [](void* at) { at = realloc(at, 100); },
                                    [](void* at) { arn_usable_size(at); }};
  for (auto* misuse : misuses) {
    said.clear();
    expect_jump(misuse, address);
    EXPECT_NE(said.find("foreign pointer"), std::string::npos) << said;
  }
  EXPECT_EQ(arn_set_fatal_handler(nullptr), keep_and_return);
  // The heap goes on.
  void* block = malloc(100);
  EXPECT_TRUE(arn_owns(block));
  free(block);
  EXPECT_EQ(arn_audit(STDERR_FILENO), 0u);
}

}  // namespace
