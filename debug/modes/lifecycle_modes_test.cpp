// SPDX-License-Identifier: MIT
// The programs of the front-ends' lifecycle tests in every mode: they end as they do without. Not
// those that limit their data (RLIMIT_DATA): what the layer's tables reserve counts as such.
#include <gtest/gtest.h>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

constexpr const char* kModes[] = {"mode=sample:sample_rate=5", "mode=debug:check_every=100000",
                                  "mode=page:side=random"};

Outcome run_lifecycle(const std::string& program, const std::string& options,
                      bool preloaded = true) {
  RunSetting setting{.preloaded = preloaded};
  setting.environment = {"ARENITE_OPTIONS=" + options + ":symbolize=0"};
  return run_command({ARENITE_LIFECYCLE_PROGRAMS "/" + program}, setting);
}

void expect_done(const Outcome& outcome, const std::string& output = "done\n") {
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.exit_code, 0) << "signal " << outcome.signal;
  EXPECT_EQ(outcome.output, output);
  EXPECT_EQ(outcome.errors, "");
}

std::string name_of(const std::string& options) {
  std::string name;
  for (const char c : options) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

class LifecycleModesTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(LifecycleModesTest, EndsAsWithout) {
  const auto& [program, options] = GetParam();
  expect_done(run_lifecycle(program, options));
}

INSTANTIATE_TEST_SUITE_P(
    Programs, LifecycleModesTest,
    testing::Combine(testing::Values("after_main", "before_main", "deep_bound_modules",
                                     "fork_in_thread", "fork_storm", "fork_while_looking_up",
                                     "key_destructors", "late_cxx_runtime", "least_stacks",
                                     "linked_into", "loaded_modules", "static_objects",
                                     "thread_local_destructors"),
                     testing::ValuesIn(kModes)),
    [](const auto& tested) {
      return std::string(std::get<0>(tested.param)) + "_" + name_of(std::get<1>(tested.param));
    });

/// The static library, in the executable itself.
class StaticModesTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(StaticModesTest, ServesTheProgram) {
  const auto& [program, options] = GetParam();
  expect_done(run_lifecycle(program, options, false));
}

INSTANTIATE_TEST_SUITE_P(Programs, StaticModesTest,
                         testing::Combine(testing::Values("before_main_statically",
                                                          "fork_in_thread_statically",
                                                          "linked_into_statically"),
                                          testing::ValuesIn(kModes)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)) + "_" +
                                  name_of(std::get<1>(tested.param));
                         });

class ExitModesTest : public testing::TestWithParam<const char*> {};

TEST_P(ExitModesTest, WorksWhileThreadsAllocate) {
  for (int i = 0; i < 15 && !HasFailure(); ++i)
    expect_done(run_lifecycle("exit_while_threads_run", GetParam()));
}

TEST_P(ExitModesTest, ChildrenStartWhileThreadsAllocate) {
  std::string said;
  for (int i = 0; i < 30; ++i) said += "said\n";
  expect_done(run_lifecycle("spawned", GetParam()), said + "done\n");
}

INSTANTIATE_TEST_SUITE_P(Modes, ExitModesTest, testing::ValuesIn(kModes),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace arenite
