// SPDX-License-Identifier: MIT
// Interpreters with the library preloaded: which of them are served, and that the user's word wins.
#include <unistd.h>

#include <gtest/gtest.h>

#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

constexpr const char* kPython = "/usr/bin/python3";
constexpr const char* kServes = ARENITE_CPYTHON_PROGRAMS "/serves.py";
constexpr const char* kServed = "domains 200 0\n";
constexpr const char* kNotServed = "none 0 0\n";

std::string said_by(std::vector<std::string> command, std::vector<std::string> environment = {}) {
  command.emplace_back(kServes);
  const Outcome outcome =
      run_command(command, {.preloaded = true, .environment = std::move(environment)});
  EXPECT_EQ(outcome.exit_code, 0) << "signal " << outcome.signal;
  return outcome.output + outcome.errors;
}

/// The system's has the interpreter in the executable, those of pyenv in a library.
class EveryInterpreterTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (::access(GetParam(), X_OK) != 0) GTEST_SKIP() << "no " << GetParam();
  }
};

TEST_P(EveryInterpreterTest, IsServedFromTheStart) {
  EXPECT_EQ(said_by({GetParam()}), kServed);
}

TEST_P(EveryInterpreterTest, IsServedInDebugModeWithoutFindings) {
  EXPECT_EQ(said_by({GetParam()}, {"ARENITE_OPTIONS=mode=debug"}), kServed);
}

TEST_P(EveryInterpreterTest, UsesWhatPythonmallocSays) {
  for (const char* wish : {"malloc", "pymalloc", "debug"}) {
    const std::string variable = std::string("PYTHONMALLOC=") + wish;
    const std::string said = said_by({GetParam()}, {variable, "ARENITE_OPTIONS=mode=debug"});
    EXPECT_EQ(said.substr(0, 5), "none ") << wish;
  }
  EXPECT_EQ(said_by({GetParam()}, {"PYTHONMALLOC=pymalloc"}), kNotServed);
}

INSTANTIATE_TEST_SUITE_P(Versions, EveryInterpreterTest,
                         testing::Values(kPython, "/root/.pyenv/versions/3.8.18/bin/python",
                                         "/root/.pyenv/versions/3.12.1/bin/python",
                                         "/root/.pyenv/versions/3.13.0/bin/python"));

TEST(CPythonTest, DevelopmentModeKeepsItsHooks) {
  EXPECT_EQ(said_by({kPython, "-X", "dev"}), kNotServed);
}

/// Told to look at no variable, it does not see PYTHONMALLOC either.
TEST(CPythonTest, IsolatedIsServed) {
  EXPECT_EQ(said_by({kPython, "-I"}, {"PYTHONMALLOC=pymalloc"}), kServed);
  EXPECT_EQ(said_by({kPython, "-E"}), kServed);
}

// ---- not from the start ----

std::string said_late(std::vector<std::string> environment) {
  environment.emplace_back("ARENITE_LIBRARY=" ARENITE_LIBRARY);
  const Outcome outcome = run_command(
      {kPython, ARENITE_CPYTHON_PROGRAMS "/late.py", ARENITE_CPYTHON_PROGRAMS "/../module"},
      {.preloaded = false, .environment = std::move(environment)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  return outcome.output;
}

constexpr const char* kRefusedAtFirst =
    "serves none\n"
    "the interpreter is initialised: its arenas are chosen before Py_Initialize\n"
    "tracemalloc is running: its hooks would not be told of blocks that become Arenite's\n";

TEST(LateTest, BlocksGoBackWhereTheyCameFrom) {
  EXPECT_EQ(said_late({}), std::string(kRefusedAtFirst) +
                               "done; serves domains\ndone; serves domains\n"
                               "a new list is Arenite's: True []\n");
}

TEST(LateTest, RefusedOverDebugHooks) {
  const std::string refusal =
      "hooks are installed that Arenite does not know (tracemalloc, debug hooks, a profiler): they "
      "would not be told of blocks that become Arenite's\n";
  EXPECT_EQ(said_late({"PYTHONMALLOC=debug"}),
            kRefusedAtFirst + refusal + refusal + "a new list is Arenite's: False []\n");
}

TEST(LateTest, RefusedWhereBlocksAreChecked) {
  const std::string said = said_late({"ARENITE_OPTIONS=mode=debug"});
  EXPECT_NE(said.find("this mode knows each block from the first on"), std::string::npos) << said;
  EXPECT_NE(said.find("a new list is Arenite's: False []\n"), std::string::npos) << said;
}

// ---- a program that embeds it; not built where libpython is not installed ----

TEST(EmbeddedTest, TwoLivesOfAnInterpreter) {
  if (::access(ARENITE_PROGRAMS "/embeds_python", X_OK) != 0) GTEST_SKIP() << "no libpython";
  for (const char* mode : {"fast", "debug"}) {
    const std::string options = std::string("ARENITE_OPTIONS=mode=") + mode;
    for (const bool arenas : {false, true}) {
      const Outcome outcome =
          run_command({ARENITE_PROGRAMS "/embeds_python", arenas ? "arenas" : "domains"},
                      {.preloaded = false, .environment = {options}});
      EXPECT_EQ(outcome.output,
                arenas ? "before: done; serves arenas; a list is in an arena of Arenite: 1; after: "
                         "none\n"
                       : "before: done; serves domains; a list is a block of Arenite: 1; after: "
                         "none\n")
          << mode;
      EXPECT_EQ(outcome.errors, "") << mode;
    }
  }
}

// ---- interpreters that are made up ----

TEST(MadeUpInterpreterTest, IsAskedThroughItsTableOnly) {
  const Outcome outcome = run_program("asks_interpreter");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(
      outcome.output,
      "before main: 3\n"
      "install: done; serves domains\n"
      "arenas: done; serves arenas\n"
      "late arenas: done; serves arenas\n"
      "late: done; serves domains\n"
      "more than there can be: (nil)\n"
      "over hooks: hooks are installed that Arenite does not know (tracemalloc, debug hooks, a "
      "profiler): they would not be told of blocks that become Arenite's; serves arenas\n");
}

TEST(MadeUpInterpreterTest, LateInstallationIsRefusedWhereBlocksAreChecked) {
  const Outcome outcome =
      run_program("asks_interpreter", {.environment = {"ARENITE_OPTIONS=mode=debug"}});
  EXPECT_NE(outcome.output.find("late: the interpreter is initialised, and this mode knows each "
                                "block from the first on: preload the library, or install before "
                                "Py_Initialize; serves arenas\n"),
            std::string::npos)
      << outcome.output;
}

void expect_left_alone(const char* program, const std::string& reason) {
  const Outcome outcome = run_program(program);
  EXPECT_EQ(outcome.output.find("before main: 0\ninstall: " + reason + "; serves none\n"), 0u)
      << outcome.output << outcome.errors;
}

TEST(MadeUpInterpreterTest, FreeThreadedIsLeftAlone) {
  expect_left_alone("asks_free_threaded_interpreter",
                    "this CPython is free-threaded: it works with its own allocator only");
}

TEST(MadeUpInterpreterTest, OldIsLeftAlone) {
  expect_left_alone("asks_old_interpreter", "this CPython is older than 3.7");
  expect_left_alone("asks_older_interpreter", "this CPython is older than 3.7");
}

TEST(MadeUpInterpreterTest, WhatIsNotOldIsServed) {
  const Outcome known = run_program("asks_interpreter");
  EXPECT_EQ(known.output.find("before main: 0"), std::string::npos) << known.output;
  EXPECT_EQ(run_program("asks_first_interpreter").output, known.output);
  EXPECT_EQ(run_program("asks_next_interpreter").output, known.output);
}

}  // namespace
}  // namespace arenite
