// SPDX-License-Identifier: MIT
// Pools in every mode and under every tool: programs/pooled.cpp, linked with the library.
#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr int kReported = 42;

/// Takes memcheck seconds, so only where it is what is tried.
std::string leak_check(const std::string& name) {
  const bool wanted = name == "right" || name == "kept_pool" || name == "lost_pool";
  return std::string("--leak-check=") + (wanted ? "full" : "no");
}
const std::string kProgram = ARENITE_PROGRAMS "/pooled";

Outcome run(const std::vector<std::string>& command, const std::string& options) {
  RunSetting setting;
  setting.preloaded = false;
  setting.environment = {"ARENITE_OPTIONS=" + options,
                         "ASAN_OPTIONS=exitcode=" + std::to_string(kReported)};
  return run_command(command, setting);
}

Outcome run_in(const std::string& mode, const std::string& name) {
  return run({kProgram, name}, "mode=" + mode + ":symbolize=off:leaks=on");
}

std::string report_in(const std::string& mode, const std::string& name) {
  const Outcome outcome = run_in(mode, name);
  EXPECT_EQ(outcome.signal, SIGABRT) << mode << " " << name << "\n" << outcome.errors;
  return outcome.errors;
}

TEST(PoolTest, NothingIsSaidOfWhatIsRight) {
  for (const char* mode : {"fast", "debug", "page", "sample"})
    for (const char* name :
         {"right", "fork_while_threads_work", "free_after_destroy_of_another", "kept_pool"}) {
      const Outcome outcome = run_in(mode, name);
      EXPECT_EQ(outcome.exit_code, 0) << mode << " " << name;
      EXPECT_THAT(outcome.errors, Not(HasSubstr("ERROR"))) << mode << " " << name;
    }
}

/// In fast mode a pool is a heap of its own, which knows what is not its own.
TEST(PoolTest, FastModeEndsAtWhatIsNoObject) {
  for (const char* name : {"other_pool", "interior", "block_to_pool", "local_to_pool"})
    EXPECT_THAT(report_in("fast", name), HasSubstr(" pointer: ")) << name;
}

/// A pool takes less address space where there is little, and gives it all back.
TEST(PoolTest, WhereAddressSpaceIsLimited) {
  RunSetting setting{.preloaded = false, .address_space_bytes = rlim_t{40} << 30};
  for (const char* name : {"right", "kept_pool", "come_and_go"}) {
    const Outcome outcome = run_command({kProgram, name}, setting);
    EXPECT_EQ(outcome.exit_code, 0) << name << " " << outcome.signal;
    EXPECT_EQ(outcome.errors, "") << name;
  }
}

TEST(PoolTest, WithoutMemoryThereIsNone) {
  EXPECT_EQ(run_in("fast", "no_memory").exit_code, 0);
}

class GuardedPoolTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Modes, GuardedPoolTest, testing::Values("debug", "page"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(GuardedPoolTest, WriteAfterFree) {
  for (const char* name : {"write_after_free", "write_after_destroy"})
    EXPECT_THAT(report_in(GetParam(), name),
                AllOf(HasSubstr("AddressSanitizer: heap-use-after-free"),
                      HasSubstr("is located 8 bytes inside of 40-byte region"),
                      HasSubstr("freed by thread T0 here:\n    #0"),
                      HasSubstr("previously allocated by thread T0 here:\n    #0")))
        << name;
}

TEST_P(GuardedPoolTest, OverflowAndUnderflow) {
  for (const char* name : {"overflow", "overflow_seen_by_destroy"})
    EXPECT_THAT(report_in(GetParam(), name),
                AllOf(HasSubstr("AddressSanitizer: heap-buffer-overflow"),
                      HasSubstr("is located 0 bytes after 40-byte region"),
                      HasSubstr("allocated by thread T0 here:\n    #0")))
        << name;
  EXPECT_THAT(report_in(GetParam(), "underflow"),
              HasSubstr("is located 1 bytes before 40-byte region"));
}

TEST_P(GuardedPoolTest, WhatIsGivenBackWrongly) {
  EXPECT_THAT(report_in(GetParam(), "double_free"), HasSubstr("attempting double-free"));
  EXPECT_THAT(report_in(GetParam(), "object_to_free"),
              HasSubstr("alloc-dealloc-mismatch (arn_pool_allocate vs free)"));
  EXPECT_THAT(report_in(GetParam(), "block_to_pool"),
              HasSubstr("alloc-dealloc-mismatch (malloc vs arn_pool_free)"));
  EXPECT_THAT(report_in(GetParam(), "other_pool"),
              AllOf(HasSubstr("AddressSanitizer: bad-free"),
                    HasSubstr("it is no object of this pool"), HasSubstr("40-byte region")));
  for (const char* name : {"interior", "local_to_pool"})
    EXPECT_THAT(report_in(GetParam(), name), HasSubstr("AddressSanitizer: bad-free")) << name;
}

/// The pool is what is reported; what it holds is lost only with it.
TEST_P(GuardedPoolTest, LostPool) {
  const Outcome outcome = run_in(GetParam(), "lost_pool");
  EXPECT_EQ(outcome.exit_code, 23);
  EXPECT_THAT(outcome.errors, ContainsRegex("Direct leak of [0-9]+ byte.s. in 1 object"));
  EXPECT_THAT(outcome.errors, Not(HasSubstr("Direct leak of 40 byte")));
}

TEST(PagePoolTest, ReadsFault) {
  for (const char* name : {"read_after_free", "read_after_destroy"})
    EXPECT_THAT(report_in("page", name), HasSubstr("AddressSanitizer: heap-use-after-free"));
}

class MemcheckPoolTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_VALGRIND).empty()) GTEST_SKIP() << "valgrind is not installed";
  }

  static Outcome check(const std::string& name) {
    std::vector<std::string> command = {ARENITE_VALGRIND, leak_check(name),
                                        "--error-exitcode=" + std::to_string(kReported)};
    if (GetParam()) command.push_back("--soname-synonyms=somalloc=nouserintercepts");
    command.insert(command.end(), {kProgram, name});
    return run(command, "");
  }
  static std::string errors_of(const std::string& name) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, kReported) << name << "\n" << outcome.errors;
    return outcome.errors;
  }
};

INSTANTIATE_TEST_SUITE_P(BothWays, MemcheckPoolTest, testing::Bool(), [](const auto& each) {
  return each.param ? "OurMalloc" : "MemchecksMalloc";
});

TEST_P(MemcheckPoolTest, NothingIsSaidOfWhatIsRight) {
  for (const char* name : {"right", "free_after_destroy_of_another", "kept_pool"})
    EXPECT_THAT(check(name).errors, HasSubstr("ERROR SUMMARY: 0 errors")) << name;
}

TEST_P(MemcheckPoolTest, UseAfterFreeWithThreeStacks) {
  for (const auto& [name, freed_by] :
       {std::pair{"read_after_free", "free_object"}, {"read_after_destroy", "destroy"}})
    EXPECT_THAT(errors_of(name),
                AllOf(HasSubstr("Invalid read of size 1"),
                      HasSubstr("is 8 bytes inside a block of size 40 free'd"), HasSubstr(freed_by),
                      HasSubstr("Block was alloc'd at"), HasSubstr("make_object"),
                      HasSubstr("ERROR SUMMARY: 1 errors")))
        << name;
}

TEST_P(MemcheckPoolTest, OverflowAndUnderflow) {
  EXPECT_THAT(errors_of("overflow"), AllOf(HasSubstr("is 0 bytes after a block of size 40 alloc'd"),
                                           HasSubstr("make_object")));
  EXPECT_THAT(errors_of("underflow"), HasSubstr("is 1 bytes before a block of size 40 alloc'd"));
}

TEST_P(MemcheckPoolTest, WhatIsGivenBackWrongly) {
  for (const char* name : {"double_free", "interior", "local_to_pool"})
    EXPECT_THAT(errors_of(name), HasSubstr("Invalid free()")) << name;
  EXPECT_THAT(check("other_pool").errors, HasSubstr("no object of this pool"));
  const bool ours = GetParam();
  EXPECT_THAT(check("block_to_pool").errors,
              HasSubstr(ours ? "(malloc vs arn_pool_free)" : "no object of this pool"));
  // To memcheck's own malloc an object is a block like any other.
  EXPECT_THAT(check("object_to_free").errors,
              HasSubstr(ours ? "(arn_pool_allocate vs free)" : "ERROR SUMMARY: 0 errors"));
}

TEST_P(MemcheckPoolTest, LostPool) {
  EXPECT_THAT(errors_of("lost_pool"),
              AllOf(HasSubstr("are definitely lost"), HasSubstr("arn_pool_create")));
}

class AddressSanitizerPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::string(ARENITE_CLANGXX).empty()) GTEST_SKIP() << "no clang";
  }
  static Outcome check(const std::string& name) { return run({kProgram + "_address", name}, ""); }
};

TEST_F(AddressSanitizerPoolTest, NothingIsSaidOfWhatIsRight) {
  for (const char* name : {"right", "fork_while_threads_work", "free_after_destroy_of_another"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, 0) << name;
    EXPECT_EQ(outcome.errors, "") << name;
  }
}

TEST_F(AddressSanitizerPoolTest, TheSanitizerReportsTheAccess) {
  for (const char* name :
       {"read_after_free", "write_after_free", "read_after_destroy", "overflow", "underflow"}) {
    const Outcome outcome = check(name);
    EXPECT_EQ(outcome.exit_code, kReported) << name;
    EXPECT_THAT(outcome.errors, HasSubstr("AddressSanitizer: use-after-poison")) << name;
  }
}

TEST_F(AddressSanitizerPoolTest, TheLibraryReportsTheFree) {
  EXPECT_THAT(check("double_free").errors, HasSubstr("attempting double-free"));
  EXPECT_THAT(check("object_to_free").errors, HasSubstr("(arn_pool_allocate vs free)"));
  EXPECT_THAT(check("other_pool").errors, HasSubstr("it is no object of this pool"));
}

}  // namespace
}  // namespace arenite
