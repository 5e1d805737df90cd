// SPDX-License-Identifier: MIT
// Every stage of a process's life, by programs that say "done" when all went as it should. Each
// also runs without Arenite: what it expects is what the C library does.
#include <csignal>

#include <gtest/gtest.h>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

void expect_done(const Outcome& outcome, const std::string& output = "done\n") {
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 0) << "signal " << outcome.signal;
  EXPECT_EQ(outcome.output, output);
  EXPECT_EQ(outcome.errors, "");
}

class LifecycleTest : public testing::TestWithParam<const char*> {};

TEST_P(LifecycleTest, WithArenite) {
  expect_done(run_program(GetParam()));
}

TEST_P(LifecycleTest, WithoutArenite) {
  expect_done(run_program(GetParam(), {.preloaded = false}));
}

INSTANTIATE_TEST_SUITE_P(Programs, LifecycleTest,
                         testing::Values("after_main", "before_main", "data_limit",
                                         "deep_bound_modules", "fork_in_thread", "fork_storm",
                                         "fork_while_looking_up", "key_destructors",
                                         "late_cxx_runtime", "least_stacks", "linked_into",
                                         "loaded_modules", "new_handler", "static_objects",
                                         "thread_local_destructors"),
                         [](const auto& tested) { return std::string(tested.param); });

/// With nothing said, it is the first request that opens the heap.
class FirstRequestTest : public testing::TestWithParam<const char*> {
 protected:
  static Outcome run(bool preloaded) {
    return run_command({ARENITE_PROGRAMS "/first_request", GetParam()},
                       {.preloaded = preloaded, .seconds = 60});
  }
};

TEST_P(FirstRequestTest, WithArenite) {
  expect_done(run(true));
}

TEST_P(FirstRequestTest, WithoutArenite) {
  expect_done(run(false));
}

INSTANTIATE_TEST_SUITE_P(Of, FirstRequestTest,
                         testing::Values("aligned_alloc", "calloc", "fork", "free",
                                         "free_aligned_sized", "free_sized", "realloc"),
                         [](const auto& tested) { return std::string(tested.param); });

/// The static library, in the executable itself.
class StaticLibraryTest : public testing::TestWithParam<const char*> {};

TEST_P(StaticLibraryTest, ServesTheProgram) {
  expect_done(run_program(GetParam(), {.preloaded = false}));
}

TEST_P(StaticLibraryTest, ServesTheProgramWithTheSharedOnePreloaded) {
  expect_done(run_program(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Programs, StaticLibraryTest,
                         testing::Values("before_main_statically", "fork_in_thread_statically",
                                         "linked_into_statically"),
                         [](const auto& tested) { return std::string(tested.param); });

/// Nobody there could throw, or has a new-handler.
TEST(NoCxxRuntimeTest, NewThatFailsEndsTheProgramAndSaysWhy) {
  const Outcome outcome = run_command({ARENITE_PROGRAMS "/no_cxx_runtime", "new"}, {});
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(outcome.errors,
            "arenite: operator new: out of memory, and no C++ runtime to throw std::bad_alloc\n");
}

TEST(NoCxxRuntimeTest, NothrowNewThatFailsReturnsNull) {
  expect_done(run_command({ARENITE_PROGRAMS "/no_cxx_runtime", "nothrow"}, {}));
}

TEST(SpawnTest, ChildrenStartWhileThreadsAllocate) {
  // popen's word is read by the program; the three others' arrive here.
  std::string said;
  for (int i = 0; i < 30; ++i) said += "said\n";
  expect_done(run_program("spawned"), said + "done\n");
}

TEST(ExitTest, WorksWhileThreadsAllocate) {
  for (int i = 0; i < 50 && !HasFailure(); ++i) expect_done(run_program("exit_while_threads_run"));
}

}  // namespace
}  // namespace arenite
