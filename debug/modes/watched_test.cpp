// SPDX-License-Identifier: MIT
// The library under tools that watch memory: programs/watched.cpp unchanged and preloaded under
// Valgrind, with memcheck's malloc in the place of ours and without; programs/instrumented.cpp
// compiled with the sanitizers and linked. What is wrong is reported by the tool, with stacks; of
// what is right nothing is said.
#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kReported = 42;

/// Takes memcheck seconds, so only where it is what is tried.
std::string leak_check(const std::string& name) {
  const bool wanted = name == "right" || name == "many" || name == "leak";
  return std::string("--leak-check=") + (wanted ? "full" : "no");
}

enum class Malloc { memchecks, ours };

class MemcheckTest : public testing::TestWithParam<Malloc> {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_VALGRIND).empty()) GTEST_SKIP() << "valgrind is not installed";
  }

  static Outcome run(const std::string& name, const std::string& options = "") {
    std::vector<std::string> command = {ARENITE_VALGRIND, leak_check(name),
                                        "--error-exitcode=" + std::to_string(kReported)};
    if (GetParam() == Malloc::ours)
      command.push_back("--soname-synonyms=somalloc=nouserintercepts");
    command.insert(command.end(), {ARENITE_PROGRAMS "/watched", name});
    RunSetting setting;
    setting.environment = {"ARENITE_OPTIONS=" + options};
    return run_command(command, setting);
  }

  static std::string errors_of(const std::string& name) {
    const Outcome outcome = run(name);
    EXPECT_EQ(outcome.exit_code, kReported) << name;
    return outcome.errors;
  }
};

INSTANTIATE_TEST_SUITE_P(BothWays, MemcheckTest, testing::Values(Malloc::memchecks, Malloc::ours),
                         [](const auto& each) {
                           return each.param == Malloc::ours ? "OurMalloc" : "MemchecksMalloc";
                         });

TEST_P(MemcheckTest, NothingIsSaidOfWhatIsRight) {
  for (const char* name : {"right", "many"}) {
    const Outcome outcome = run(name);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    EXPECT_THAT(outcome.errors,
                AllOf(HasSubstr("ERROR SUMMARY: 0 errors"), HasSubstr("no leaks are possible"),
                      Not(HasSubstr("arenite: "))));
  }
}

TEST_P(MemcheckTest, UseAfterFreeWithThreeStacks) {
  EXPECT_THAT(errors_of("use_after_free"),
              AllOf(HasSubstr("Invalid read of size 1"),
                    HasSubstr("is 8 bytes inside a block of size 40 free'd"),
                    HasSubstr("free_block"), HasSubstr("Block was alloc'd at"),
                    HasSubstr("make_block"), HasSubstr("ERROR SUMMARY: 1 errors")));
}

TEST_P(MemcheckTest, UseOfWhatReallocMoved) {
  EXPECT_THAT(errors_of("use_of_moved"),
              AllOf(HasSubstr("Invalid read of size 1"),
                    HasSubstr("is 0 bytes inside a block of size 40 free'd")));
}

TEST_P(MemcheckTest, OverflowByOne) {
  for (const auto& [name, bytes] : {std::pair{"overflow", "40"},
                                    {"overflow_of_moved", "4,000"},
                                    {"overflow_of_aligned", "8,192"},
                                    {"overflow_of_object", "40"}})
    EXPECT_THAT(errors_of(name),
                HasSubstr("is 0 bytes after a block of size " + std::string(bytes) + " alloc'd"));
}

TEST_P(MemcheckTest, UnderflowByOne) {
  EXPECT_THAT(errors_of("underflow"), AllOf(HasSubstr("Invalid write of size 1"),
                                            HasSubstr("is 1 bytes before a block of size 40")));
}

TEST_P(MemcheckTest, BytesNobodyWrote) {
  for (const char* name : {"undefined", "undefined_after_realloc"})
    EXPECT_THAT(errors_of(name), AllOf(HasSubstr("depends on uninitialised value"),
                                       HasSubstr("ERROR SUMMARY: 1 errors")));
}

TEST_P(MemcheckTest, DoubleFree) {
  EXPECT_THAT(errors_of("double_free"),
              AllOf(HasSubstr("Invalid free()"), HasSubstr("ERROR SUMMARY: 1 errors")));
}

TEST_P(MemcheckTest, Leak) {
  EXPECT_THAT(errors_of("leak"), AllOf(HasSubstr("40 bytes in 1 blocks are definitely lost"),
                                       HasSubstr("make_block")));
}

TEST_P(MemcheckTest, AModeThatIsAskedFor) {
  const std::string debug = run("right", "mode=debug").errors;
  const std::string page = run("right", "mode=page").errors;
  for (const std::string& errors : {debug, page})
    EXPECT_THAT(errors, HasSubstr("ERROR SUMMARY: 0 errors"));
  const bool ours = GetParam() == Malloc::ours;
  EXPECT_EQ(debug.find("arenite: ") == std::string::npos, ours) << debug;
  EXPECT_THAT(page, HasSubstr(ours ? "arenite: under memcheck every mode is mode=debug"
                                   : "arenite: ARENITE_OPTIONS has no effect: Valgrind has put"));
}

class SanitizerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_CLANGXX).empty()) GTEST_SKIP() << "no clang";
  }

  static Outcome run(const std::string& sanitizer, const std::string& name,
                     const std::string& options = "") {
    RunSetting setting;
    setting.preloaded = false;
    const std::string code = "exitcode=" + std::to_string(kReported);
    setting.environment = {"ASAN_OPTIONS=" + code, "MSAN_OPTIONS=" + code,
                           "ARENITE_OPTIONS=" + options};
    return run_command({ARENITE_PROGRAMS "/instrumented_" + sanitizer, name}, setting);
  }
};

TEST_F(SanitizerTest, NothingIsSaidOfWhatIsRight) {
  for (const char* sanitizer : {"address", "memory"}) {
    const Outcome outcome = run(sanitizer, "right");
    EXPECT_EQ(outcome.exit_code, 0) << sanitizer;
    EXPECT_EQ(outcome.output, "mode: debug\n");
    EXPECT_EQ(outcome.errors, "");
  }
}

TEST_F(SanitizerTest, AddressSanitizerReportsTheAccess) {
  for (const char* name :
       {"use_after_free", "overflow", "overflow_through_libc", "overflow_of_moved", "underflow"}) {
    const Outcome outcome = run("address", name);
    EXPECT_EQ(outcome.exit_code, kReported) << name;
    EXPECT_THAT(outcome.errors, HasSubstr("ERROR: AddressSanitizer: use-after-poison")) << name;
  }
}

TEST_F(SanitizerTest, MemorySanitizerReportsTheBranch) {
  for (const char* name : {"use_after_free", "undefined"}) {
    const Outcome outcome = run("memory", name);
    EXPECT_EQ(outcome.exit_code, kReported) << name;
    EXPECT_THAT(outcome.errors, HasSubstr("MemorySanitizer: use-of-uninitialized-value")) << name;
  }
}

TEST_F(SanitizerTest, AModeThatIsAskedFor) {
  for (const char* mode : {"page", "sample"}) {
    const Outcome outcome = run("address", "right", std::string("mode=") + mode);
    EXPECT_EQ(outcome.exit_code, 0) << mode;
    EXPECT_EQ(outcome.output, "mode: debug\n");
    EXPECT_EQ(outcome.errors, "arenite: under AddressSanitizer every mode is mode=debug\n");
  }
}

/// Blocks that filters leave plain are right, too, and move to and fro.
TEST_F(SanitizerTest, NothingIsSaidOfWhatIsLeftPlain) {
  for (const char* sanitizer : {"address", "memory"}) {
    const Outcome outcome = run(sanitizer, "right", "mode=debug:size=100-20000");
    EXPECT_EQ(outcome.exit_code, 0) << sanitizer;
    EXPECT_EQ(outcome.errors, "");
  }
}

/// What no sanitizer knows of the library's blocks, the library reports.
TEST_F(SanitizerTest, TheLibraryReportsADoubleFree) {
  for (const char* sanitizer : {"address", "memory"}) {
    const Outcome outcome = run(sanitizer, "double_free");
    EXPECT_EQ(outcome.signal, SIGABRT) << sanitizer;
    EXPECT_THAT(outcome.errors,
                AllOf(HasSubstr("attempting double-free"),
                      HasSubstr("previously allocated by thread T0 here:\n    #0")));
  }
}

}  // namespace
}  // namespace arenite
