// SPDX-License-Identifier: MIT
// Where options come from, and what becomes of those that are none: by programs, with the library.
#include <gmock/gmock.h>

#include "debug/modes/run_modes.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kPreload = "LD_PRELOAD=" ARENITE_LIBRARY;

/// What `options` prints of its mode when it is started with exactly this environment.
std::string mode_in(std::vector<std::string> environment) {
  std::vector<std::string> command = {ARENITE_PROGRAMS "/options", ARENITE_PROGRAMS "/options"};
  command.insert(command.end(), environment.begin(), environment.end());
  const Outcome outcome = run_command(command, {.preloaded = false});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.errors, "");
  return outcome.output;
}

TEST(Options, ComeWithTheEnvironmentOfExecve) {
  EXPECT_EQ(mode_in({}), "without\n");
  EXPECT_EQ(mode_in({kPreload}), "fast\n");
  EXPECT_EQ(mode_in({kPreload, "ARENITE_OPTIONS="}), "fast\n");
  EXPECT_EQ(mode_in({kPreload, "ARENITE_OPTIONS=mode=page"}), "page\n");
  EXPECT_EQ(mode_in({"ARENITE_OPTIONS=mode=debug", kPreload, "LAST=1"}), "debug\n");
}

TEST(Options, AreThoseOfTheVariableOfExactlyThatName) {
  EXPECT_EQ(mode_in({kPreload, "XARENITE_OPTIONS=mode=page", "ARENITE_OPTIONS2=mode=page",
                     "ARENITE_OPTION=mode=page", "A=ARENITE_OPTIONS=mode=page"}),
            "fast\n");
  EXPECT_EQ(mode_in({kPreload, std::string(10000, 'x') + "=y", "ARENITE_OPTIONS=mode=debug"}),
            "debug\n");
}

TEST(Options, AreNamedWhenThereIsNoSuchAndTheProgramGoesOn) {
  const Outcome outcome = run_with("mode=debug:quarantine_md=3:stack_depth=many:", {"options"});
  EXPECT_EQ(outcome.output, "debug\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.errors,
              HasSubstr("unknown option \"quarantine_md\"; did you mean \"quarantine_mb\"?"));
  EXPECT_THAT(outcome.errors, HasSubstr("stack_depth: \"many\" is not a number"));
  EXPECT_EQ(count(outcome.errors, "\n"), 2u) << outcome.errors;
}

TEST(Options, ThatAreRightAreNotTalkedOf) {
  const Outcome outcome = run_with("mode=debug:quarantine_mb=3:stack_depth=4", {"options"});
  EXPECT_EQ(outcome.output, "debug\n");
  EXPECT_EQ(outcome.errors, "");
}

TEST(Options, ACapIsAnnounced) {
  EXPECT_THAT(run_with("mode=debug:quarantine_mb=99999", {"options"}).errors,
              HasSubstr("quarantine_mb"));
}

TEST(Options, HelpListsThemAndTheProgramGoesOn) {
  const Outcome help = run_with("help=1", {"options"});
  EXPECT_EQ(help.output, "fast\n");
  for (const char* key : {"mode=", "sample_rate=", "guard_bytes=", "fail_at=", "log_path="})
    EXPECT_THAT(help.errors, HasSubstr(key));
  EXPECT_THAT(run_with("help=0", {"options"}).errors, IsEmpty());
}

TEST(Options, OfAProgramAreItsDefaults) {
  const RunSetting linked{.preloaded = false};
  const Outcome own = run_command({ARENITE_PROGRAMS "/default_options"}, linked);
  EXPECT_EQ(own.output, "debug\n");
  EXPECT_EQ(own.exit_code, 3) << own.errors;
  EXPECT_EQ(reports(own, "heap-buffer-overflow"), 1u);
  EXPECT_THAT(own.errors, HasSubstr("unknown option \"guard_bites\""));
}

TEST(Options, OfTheEnvironmentWinOverTheProgramsOwn) {
  const Outcome fast = run_with("mode=fast", {"default_options"}, {.preloaded = false});
  EXPECT_EQ(fast.output, "fast\n");
  EXPECT_EQ(fast.exit_code, 0);
  EXPECT_EQ(reports(fast), 0u);
  const Outcome other = run_with("on_error=exit=4", {"default_options"}, {.preloaded = false});
  EXPECT_EQ(other.output, "debug\n");
  EXPECT_EQ(other.exit_code, 4);
}

TEST(Options, HoldForWhatIsAllocatedBeforeConstructors) {
  for (const char* mode : kGuardingModes) {
    const Outcome right = run_with(in_mode(mode), {"before_constructors"});
    EXPECT_EQ(right.output, std::string(mode) + ", serial known: 1\n");
    EXPECT_EQ(right.exit_code, 0);
    const Outcome wrong = run_with(in_mode(mode), {"before_constructors", "damage"});
    EXPECT_EQ(reports(wrong, "heap-buffer-overflow"), 1u) << wrong.errors;
    EXPECT_EQ(wrong.signal, SIGABRT);
  }
  EXPECT_EQ(run_with("mode=fast", {"before_constructors", "damage"}).output,
            "fast, serial known: 0\n");
}

/// Before the C library has its environment, it is read where the system keeps it.
TEST(Options, BeforeConstructorsAreThoseOfTheVariableOfExactlyThatName) {
  const std::string program = ARENITE_PROGRAMS "/before_constructors";
  const auto output = [&](std::vector<std::string> environment) {
    std::vector<std::string> command = {"/usr/bin/env", "-i", kPreload};
    command.insert(command.end(), environment.begin(), environment.end());
    command.push_back(program);
    return run_command(command, {.preloaded = false}).output;
  };
  const std::vector<std::string> others = {
      "XARENITE_OPTIONS=mode=page", "ARENITE_OPTIONS2=mode=page", "ARENITE_OPTION=mode=page",
      "A=ARENITE_OPTIONS=mode=page", std::string(10000, 'x') + "=y"};
  EXPECT_EQ(output(others), "fast, serial known: 0\n");
  std::vector<std::string> all = others;
  all.push_back("ARENITE_OPTIONS=mode=debug:stack_depth=4");
  EXPECT_EQ(output(all), "debug, serial known: 1\n");
  all.push_back("LAST=1");
  EXPECT_EQ(output(all), "debug, serial known: 1\n");
  EXPECT_EQ(output({"ARENITE_OPTIONS="}), "fast, serial known: 0\n");
}

TEST(Options, AModeThatCannotBeHadIsSaidAndTheProgramRunsWithoutIt) {
  for (const char* mode : {"sample", "debug", "page"}) {
    const Outcome outcome =
        run_with(in_mode(mode), {"api"}, {.address_space_bytes = rlim_t{300} << 20});
    EXPECT_THAT(outcome.errors, HasSubstr(in_mode(mode) + " is off: no memory for "));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.signal;
    EXPECT_THAT(outcome.output, HasSubstr("mode fast\n"));
  }
  // Room for a part of it.
  const RunSetting limited{.address_space_bytes = rlim_t{2500} << 20};
  for (const char* mode : kGuardingModes)
    EXPECT_EQ(run_with(in_mode(mode), {"options"}, limited).errors,
              "arenite: " + in_mode(mode) + " is off: no memory for records of blocks\n");
}

}  // namespace
}  // namespace arenite
