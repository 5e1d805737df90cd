// SPDX-License-Identifier: MIT
// Programs that call the library: programs/served.cpp; and what is said to fuzz targets that do not
// reach it.
#include <signal.h>

#include <cstdio>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/report/scratch_folder.hpp"
#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using namespace report_fixture;

Outcome run(const std::string& mode, const std::string& name,
            const std::vector<std::string>& environment = {}) {
  RunSetting setting;
  setting.preloaded = false;
  setting.environment = environment;
  setting.environment.push_back("ARENITE_OPTIONS=symbolize=off:mode=" + mode);
  return run_command({ARENITE_PROGRAMS "/served", name}, setting);
}

class ResourceTest : public testing::TestWithParam<const char*> {
 protected:
  static std::string report(const std::string& name) {
    const Outcome outcome = run(GetParam(), name);
    EXPECT_EQ(outcome.signal, SIGABRT) << name;
    return outcome.errors;
  }
};

INSTANTIATE_TEST_SUITE_P(Modes, ResourceTest, testing::Values("debug", "page"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(ResourceTest, NothingIsSaidOfWhatIsRight) {
  const Outcome outcome = run(GetParam(), "resource_right");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.errors, "");
}

TEST_P(ResourceTest, HasAFamilyOfItsOwn) {
  EXPECT_THAT(report("resource_to_free"), HasSubstr("alloc-dealloc-mismatch"));
  EXPECT_THAT(report("resource_to_free"), HasSubstr("(memory_resource::allocate vs free)"));
  EXPECT_THAT(report("block_to_resource"), HasSubstr("(malloc vs memory_resource::deallocate)"));
}

TEST_P(ResourceTest, SizeAndAlignmentAreHeldAgainstTheAllocation) {
  for (const char* name : {"resource_of_other_size", "resource_of_other_alignment"})
    EXPECT_THAT(report(name), HasSubstr("new-delete-type-mismatch")) << name;
}

TEST_P(ResourceTest, WhatADeleteSaysOfTheBlockIsNamed) {
  EXPECT_THAT(report("deleted_as_other_size"),
              HasSubstr("  size of the allocated type:   40 bytes;\n"
                        "  size of the deallocated type: 24 bytes.\n"));
  EXPECT_THAT(report("deleted_as_other_alignment"),
              HasSubstr("  size of the allocated type:   40 bytes;\n"
                        "  alignment of the allocated type:   32 bytes;\n"
                        "  alignment of the deallocated type: 64 bytes.\n"));
}

TEST(ResourceInFastModeTest, AnyFreeWillDo) {
  for (const char* name : {"resource_right", "resource_to_free", "block_to_resource"})
    EXPECT_EQ(run("fast", name).exit_code, 0) << name;
}

TEST(SetReportFdTest, ReportsGoThere) {
  const ScratchFolder folder;
  const std::string elsewhere = folder.at("elsewhere");
  const std::string log = folder.at("log");
  const Outcome outcome = run("debug:log_path=" + log, "report_elsewhere", {"REPORT=" + elsewhere});
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_THAT(read_file(elsewhere), HasSubstr("attempting double-free"));
  EXPECT_EQ(read_file(log), "");
  EXPECT_THAT(outcome.errors, Not(HasSubstr("double-free")));
}

TEST(StackTraceTest, NamesModulesFromTheCallerOn) {
  const Outcome outcome = run("debug", "stack_trace");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.errors,
              MatchesRegex("    #0 0x[0-9a-f]+ \\([^)]*/served\\+0x[0-9a-f]+\\)\n"
                           "    #1 0x[0-9a-f]+ \\([^)]*/served\\+0x[0-9a-f]+\\)\n(    #.*\n)+"));
  EXPECT_EQ(run("fast", "stack_trace").errors, "") << "nothing is asked of it";
}

TEST(ModuleTest, IsToldWithTheOffsetInIt) {
  const std::string program = ARENITE_PROGRAMS "/served";
  EXPECT_EQ(run("debug", "module_and_offset").output, program + "\n" + program.substr(0, 4) + "\n");
}

TEST(PurgeTest, EmptiesTheQuarantine) {
  const std::string output = run("debug", "purge").output;
  int before = 0, after = 0;
  ASSERT_EQ(std::sscanf(output.c_str(), "before %d, after %d", &before, &after), 2) << output;
  EXPECT_EQ(before, 1000);
  EXPECT_LT(after, 200) << "what is on its way in or out stays";
}

TEST(RootRegionTest, KeepsWhatOnlyItPointsTo) {
  for (const char* mode : {"debug", "page"}) {
    const Outcome outcome = run(mode, "root_region");
    EXPECT_EQ(outcome.output, "no leak\n") << mode;
    EXPECT_EQ(outcome.exit_code, 23) << mode;
    EXPECT_THAT(outcome.errors, HasSubstr("Direct leak of 40 byte(s) in 1 object(s)")) << mode;
  }
}

TEST(FuzzTargetTest, IsToldIfItsHooksGoElsewhere) {
  for (const auto& [mode, target, told] : {std::tuple{"debug", "with_ubsan", true},
                                           {"page", "with_ubsan", true},
                                           {"fast", "with_ubsan", false},
                                           {"debug", "alone", false},
                                           {"debug", "none", false}}) {
    RunSetting setting;
    setting.environment = {std::string("ARENITE_OPTIONS=mode=") + mode};
    const Outcome outcome =
        run_command({std::string(ARENITE_FUZZ_TARGETS "/fuzz_target_") + target}, setting);
    EXPECT_EQ(outcome.errors.find("arenite: this fuzz target has a sanitizer's runtime") !=
                  std::string::npos,
              told)
        << mode << " " << target << "\n"
        << outcome.errors;
  }
}

}  // namespace
}  // namespace arenite
