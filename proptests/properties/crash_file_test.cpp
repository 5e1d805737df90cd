// SPDX-License-Identifier: MIT
#include "proptests/properties/crash_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>

#include "proptests/model/hop_file.hpp"
#include "proptests/model/random_program.hpp"

namespace arenite::properties {
namespace {

TEST(CrashFile, holds_the_program_that_killed_its_process) {
  model::Random random(1);
  const auto longer = model::random_program(random, model::GeometryName::tiny, 40);
  const auto fatal = model::random_program(random, model::GeometryName::tiny, 20);
  const pid_t child = ::fork();
  if (child == 0) {
    CrashFile file("crash_file_test");
    file.write(longer);
    file.write(fatal);
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const model::Loaded loaded = model::load(counterexample_folder() + "/crash_file_test.crash.hop");
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.program, fatal);
}

TEST(CrashFile, is_gone_when_all_went_well) {
  std::string path;
  {
    CrashFile file("crash_file_test_gone");
    file.write({});
    path = file.path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace arenite::properties
