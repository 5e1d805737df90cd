// SPDX-License-Identifier: MIT
// The tools themselves: programs/annotate_toy.cpp run under Valgrind, and compiled with the
// sanitizers, must be reported for what it does wrong and left alone for what it does right.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace arenite {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int exit_code = -1;
  std::string output;  // both streams
};

Outcome run(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe))
    outcome.output.append(bytes.data(), count);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

constexpr int kReported = 42;

class Memcheck : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_VALGRIND).empty()) GTEST_SKIP() << "valgrind is not installed";
  }

  static Outcome check(const std::string& name) {
    return run(ARENITE_VALGRIND " -q --leak-check=full --error-exitcode=" +
               std::to_string(kReported) + " " ARENITE_TOY " " + name);
  }
};

TEST_F(Memcheck, IsFound) {
  EXPECT_THAT(check("right").output, HasSubstr("tool: memcheck\n"));
}

/// Profilers do not watch memory, and measure the process as it is.
TEST_F(Memcheck, IsNotTakenForItsSisters) {
  for (const char* tool : {"none", "callgrind --callgrind-out-file=/dev/null", "helgrind"})
    EXPECT_THAT(
        run(ARENITE_VALGRIND " -q --tool=" + std::string(tool) + " " ARENITE_TOY " right").output,
        HasSubstr("tool: none\non valgrind: 1\n"))
        << tool;
  EXPECT_THAT(run(ARENITE_TOY " right").output, HasSubstr("tool: none\non valgrind: 0\n"));
}

TEST_F(Memcheck, SaysNothingOfWhatIsRight) {
  for (const char* name : {"right", "closed_and_opened", "look_away", "pool_destroyed"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, 0) << name << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, Not(HasSubstr("=="))) << name;
  }
}

TEST_F(Memcheck, UseAfterFreeWithThreeStacks) {
  const Outcome outcome = check("use_after_free");
  EXPECT_EQ(outcome.exit_code, kReported);
  EXPECT_THAT(outcome.output, HasSubstr("Invalid read of size 1"));
  EXPECT_THAT(outcome.output, HasSubstr("is 8 bytes inside a block of size 40 free'd"));
  EXPECT_THAT(outcome.output, HasSubstr("free_block"));
  EXPECT_THAT(outcome.output, HasSubstr("Block was alloc'd at"));
  EXPECT_THAT(outcome.output, HasSubstr("make_block"));
}

TEST_F(Memcheck, OverflowIntoTheGuardBehind) {
  const Outcome outcome = check("overflow");
  EXPECT_EQ(outcome.exit_code, kReported);
  EXPECT_THAT(outcome.output, HasSubstr("Invalid write of size 1"));
  EXPECT_THAT(outcome.output, HasSubstr("is 0 bytes after a block of size 40 alloc'd"));
  EXPECT_THAT(outcome.output, HasSubstr("make_block"));
}

TEST_F(Memcheck, UnderflowIntoTheGuardBefore) {
  const Outcome outcome = check("underflow");
  EXPECT_EQ(outcome.exit_code, kReported);
  EXPECT_THAT(outcome.output, HasSubstr("is 1 bytes before a block of size 40 alloc'd"));
}

TEST_F(Memcheck, BehindABlockThatShrank) {
  const Outcome outcome = check("behind_shrunk");
  EXPECT_EQ(outcome.exit_code, kReported);
  EXPECT_THAT(outcome.output, HasSubstr("is 0 bytes after a block of size 20 alloc'd"));
}

TEST_F(Memcheck, BytesNobodyWrote) {
  const Outcome outcome = check("undefined");
  EXPECT_EQ(outcome.exit_code, kReported);
  EXPECT_THAT(outcome.output, HasSubstr("Conditional jump or move depends on uninitialised value"));
}

TEST_F(Memcheck, WhatIsNoBlockAndWhatWasClosed) {
  for (const char* name : {"never_allocated", "closed"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, kReported) << name;
    EXPECT_THAT(outcome.output, HasSubstr("Invalid write of size 1")) << name;
  }
}

TEST_F(Memcheck, LeakWithItsStack) {
  const Outcome outcome = check("leak");
  EXPECT_EQ(outcome.exit_code, kReported);
  EXPECT_THAT(outcome.output, HasSubstr("40 bytes in 1 blocks are definitely lost"));
  EXPECT_THAT(outcome.output, HasSubstr("make_block"));
}

class AddressSanitizer : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_TOY_ASAN).empty()) GTEST_SKIP() << "no compiler with the sanitizer";
  }

  static Outcome check(const std::string& name) {
    return run("ASAN_OPTIONS=exitcode=" + std::to_string(kReported) + " " ARENITE_TOY_ASAN " " +
               name);
  }
};

TEST_F(AddressSanitizer, SaysNothingOfWhatIsRight) {
  for (const char* name : {"right", "closed_and_opened", "pool_destroyed", "undefined"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, 0) << name << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("tool: AddressSanitizer\n"));
    EXPECT_THAT(outcome.output, Not(HasSubstr("=="))) << name;
  }
}

TEST_F(AddressSanitizer, ReportsTheAccess) {
  for (const char* name :
       {"use_after_free", "overflow", "underflow", "behind_shrunk", "never_allocated", "closed"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, kReported) << name << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("ERROR: AddressSanitizer: use-after-poison")) << name;
  }
}

class MemorySanitizer : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_TOY_MSAN).empty()) GTEST_SKIP() << "no clang";
  }

  static Outcome check(const std::string& name) {
    return run("MSAN_OPTIONS=exitcode=" + std::to_string(kReported) + " " ARENITE_TOY_MSAN " " +
               name);
  }
};

TEST_F(MemorySanitizer, SaysNothingOfWhatIsRight) {
  for (const char* name : {"right", "closed_and_opened", "pool_destroyed"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, 0) << name << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("tool: MemorySanitizer\n"));
    EXPECT_THAT(outcome.output, Not(HasSubstr("=="))) << name;
  }
}

TEST_F(MemorySanitizer, ReportsWhatWasNeverWrittenWithItsOrigin) {
  const Outcome outcome = check("undefined");
  EXPECT_EQ(outcome.exit_code, kReported) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("WARNING: MemorySanitizer: use-of-uninitialized-value"));
  EXPECT_THAT(outcome.output, HasSubstr("Memory was marked as uninitialized"));
}

TEST_F(MemorySanitizer, ReportsWhatWasFreed) {
  const Outcome outcome = check("use_after_free");
  EXPECT_EQ(outcome.exit_code, kReported) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("WARNING: MemorySanitizer: use-of-uninitialized-value"));
}

}  // namespace
}  // namespace arenite
