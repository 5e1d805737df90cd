// SPDX-License-Identifier: MIT
// What follows a report, and where it goes.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "debug/modes/run_modes.hpp"
#include "debug/report/scratch_folder.hpp"

namespace arenite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Outcome run_error(const std::string& how, const std::string& options) {
  return run_with(in_mode("debug", options), {"errors", how});
}

TEST(OnError, Abort) {
  for (const char* options : {"", "on_error=abort"}) {
    const Outcome outcome = run_error("twice", options);
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_EQ(reports(outcome, "double-free"), 1u);
    EXPECT_THAT(outcome.errors, HasSubstr("==ABORTING\n"));
    EXPECT_EQ(outcome.output, "");
  }
}

TEST(OnError, Continue) {
  const Outcome outcome = run_error("twice", "on_error=continue");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(reports(outcome, "double-free"), 2u);
  EXPECT_THAT(outcome.errors, Not(HasSubstr("ABORTING")));
  EXPECT_EQ(outcome.output, "went on\n");
}

TEST(OnError, Exit) {
  const Outcome outcome = run_error("twice", "on_error=exit=3");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(reports(outcome), 1u);
  EXPECT_EQ(outcome.output, "");
}

/// In all modes that guard, as in mode=sample.
TEST(OnError, AfterItAFreedBlockHasNoSizeAndIsNotMoved) {
  for (const char* mode : kGuardingModes)
    for (const char* how : {"size_of_freed", "realloc_of_freed"}) {
      const Outcome outcome = run_with(in_mode(mode, "on_error=continue"), {"errors", how});
      EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
      EXPECT_EQ(outcome.output, "went on\n");
      EXPECT_EQ(reports(outcome), 1u) << outcome.errors;
    }
}

TEST(OnError, NothingWithoutAnError) {
  for (const char* options : {"on_error=abort", "on_error=exit=3", "on_error=stop"}) {
    const Outcome outcome = run_error("none", options);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.output, "went on\n");
    EXPECT_EQ(outcome.errors, "");
  }
}

TEST(Report, ShowsWhatEachByteIsOf) {
  // 24 freed bytes with what guards them, at the beginning of the heap.
  const std::string errors = run_error("twice", "").errors;
  EXPECT_THAT(errors, HasSubstr("-- -- -- --  ----------------\n  0x"));
  EXPECT_THAT(errors, HasSubstr("fd fd fd fd  gggggggggggggggg\n=>0x"));
  EXPECT_THAT(errors, HasSubstr(":[dd]dd dd dd dd dd dd dd dd dd dd dd dd dd dd dd  [f]ffffff"));
  EXPECT_THAT(errors, HasSubstr("dd dd fd fd fd fd fd fd fd fd  ffffffffgggggggg\n"));
}

/// A process that stops itself after an error.
class Stopping {
 public:
  Stopping(const char* options, const char* program, const char* argument) {
    child_ = ::fork();
    if (child_ != 0) return;
    ::setenv("ARENITE_OPTIONS", options, 1);
    ::setenv("LD_PRELOAD", ARENITE_LIBRARY, 1);
    ::execl(program, program, argument, "24", nullptr);
    ::_exit(127);
  }
  int next_status() const {
    int status = 0;
    EXPECT_EQ(::waitpid(child_, &status, WUNTRACED), child_);
    return status;
  }
  void go_on() const { ::kill(child_, SIGCONT); }

 private:
  pid_t child_;
};

TEST(OnError, Stop) {
  const Stopping stopping("mode=debug:on_error=stop:symbolize=0:log_path=/dev/null",
                          ARENITE_PROGRAMS "/errors", "twice");
  for (int error = 0; error < 2; ++error) {
    const int status = stopping.next_status();
    ASSERT_TRUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP) << status;
    stopping.go_on();
  }
  const int status = stopping.next_status();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

/// What follows cannot be gone on from: it is stopped at all the same.
TEST(OnError, StopAtAFault) {
  const Stopping stopping("mode=page:on_error=stop:symbolize=0:log_path=/dev/null",
                          ARENITE_PROGRAMS "/damage", "24");
  Stopping fault("mode=page:align=1:on_error=stop:symbolize=0:log_path=/dev/null",
                 ARENITE_PROGRAMS "/damage", "24");
  int status = fault.next_status();
  ASSERT_TRUE(WIFSTOPPED(status)) << status;
  fault.go_on();
  status = fault.next_status();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
  status = stopping.next_status();
  EXPECT_TRUE(WIFSTOPPED(status)) << status;
  stopping.go_on();
  status = stopping.next_status();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(OnError, OfAFaultThereIsNoGoingOn) {
  const Outcome outcome =
      run_with("mode=page:align=1:on_error=continue", {"damage", "24", "24", "0"});
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(reports(outcome, "heap-buffer-overflow"), 1u);
  EXPECT_THAT(outcome.errors, HasSubstr("ABORTING"));
}

// ---- where reports go ----

class LogTest : public testing::Test {
 protected:
  LogTest() {
    char name[] = "/tmp/arenite_log_XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~LogTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> logs() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      names.push_back(entry.path().filename());
    return names;
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ + "/" + name).rdbuf();
    return text.str();
  }
  std::string folder_;
};

TEST_F(LogTest, IsAFileOfTheProcess) {
  const Outcome outcome = run_error("twice", "on_error=continue:log_path=" + folder_ + "/log.%p");
  EXPECT_EQ(outcome.errors, "");
  ASSERT_EQ(logs().size(), 1u);
  const std::string text = content(logs()[0]);
  EXPECT_EQ(count(text, "attempting double-free"), 2u);
  EXPECT_THAT(text, HasSubstr("==" + logs()[0].substr(4) + "==ERROR"));
}

TEST_F(LogTest, IsAnotherOneInAChild) {
  const Outcome outcome =
      run_error("in_child", "on_error=continue:log_path=" + folder_ + "/log.%p");
  ASSERT_EQ(logs().size(), 1u);
  EXPECT_THAT(outcome.output, HasSubstr("child " + logs()[0].substr(4) + ": exit 7\n"));
  EXPECT_EQ(count(content(logs()[0]), "attempting double-free"), 1u);
}

TEST_F(LogTest, IsNotThereWithoutAReport) {
  run_error("none", "log_path=" + folder_ + "/log.%p");
  EXPECT_TRUE(logs().empty());
}

TEST_F(LogTest, ThatCannotBeWrittenMeansStandardError) {
  EXPECT_EQ(reports(run_error("twice", "log_path=" + folder_ + "/none/log")), 1u);
}

// ---- how they look ----

TEST(Format, Json) {
  const Outcome outcome = run_error("twice", "on_error=continue:format=json");
  std::istringstream lines(outcome.errors);
  std::size_t found = 0;
  for (std::string line; std::getline(lines, line); ++found) {
    const auto report = nlohmann::json::parse(line);
    EXPECT_EQ(report["fault"], "double-free");
    EXPECT_EQ(report["mode"], "debug");
    EXPECT_EQ(report["block"]["bytes"], 24);
    EXPECT_EQ(report["block"]["serial"], found + 1);
    ASSERT_GE(report["stack"].size(), 2u);
    // Where the call returns to, and in the stack the call.
    const auto number = [](const nlohmann::json& text) {
      return std::stoull(text.get<std::string>(), nullptr, 16);
    };
    EXPECT_EQ(number(report["pc"]), number(report["stack"][0]["pc"]) + 1);
    EXPECT_FALSE(report["stack"][0].contains("file"));
  }
  EXPECT_EQ(found, 2u);
}

TEST(Format, NamesArePutToFramesUnlessNotWanted) {
  RunSetting setting;
  setting.environment = {"ARENITE_OPTIONS=mode=debug"};
  const Outcome named = run_command({ARENITE_PROGRAMS "/errors", "double_free"}, setting);
  EXPECT_THAT(named.errors, HasSubstr(" in double_free "));
  EXPECT_THAT(named.errors, HasSubstr("programs/errors.c:"));
  const Outcome bare = run_error("double_free", "");
  EXPECT_EQ(reports(bare), 1u);
  EXPECT_THAT(bare.errors, Not(HasSubstr("errors.c")));
  EXPECT_THAT(bare.errors, HasSubstr("/errors+0x"));
}

/// Wherever the library is, without the tool that finds names.
TEST(Format, FramesHaveNoNamesWhereTheToolIsNotInstalled) {
  const report_fixture::ScratchFolder folder;
  std::filesystem::create_directories(folder.at("a/b/c"));
  const std::string library = folder.at("a/b/c/libarenite.so");
  std::filesystem::copy_file(ARENITE_LIBRARY, library);
  RunSetting setting{.preloaded = false};
  setting.environment = {"LD_PRELOAD=" + library, "ARENITE_OPTIONS=mode=debug"};
  const Outcome outcome = run_command({ARENITE_PROGRAMS "/errors", "double_free"}, setting);
  EXPECT_EQ(outcome.signal, SIGABRT);
  EXPECT_EQ(reports(outcome, "double-free"), 1u) << outcome.errors;
  EXPECT_THAT(outcome.errors, Not(HasSubstr("errors.c")));
  EXPECT_THAT(outcome.errors, HasSubstr("/errors+0x"));
}

/// The settings that a report names give the same report again.
TEST(Format, TheOptionsToSeeItAgain) {
  const Outcome outcome = run_error("double_free", "on_error=exit=9:guard_bytes=32");
  EXPECT_THAT(outcome.errors,
              HasSubstr("to see it again: ARENITE_OPTIONS=mode=debug:guard_bytes=32:on_error=exit=9"
                        ":symbolize=off:seed="));
}

// ---- when it goes wrong ----

TEST(Moment, TwoThreadsAtOnceReportOneAfterTheOther) {
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = run_error("in_two_threads", "on_error=continue");
    EXPECT_EQ(outcome.output, "went on\n");
    EXPECT_EQ(reports(outcome, "double-free"), 2u);
    const std::size_t first_end = outcome.errors.find("to stop at this allocation");
    const std::size_t second = outcome.errors.rfind("ERROR: AddressSanitizer");
    EXPECT_LT(first_end, second) << outcome.errors;
  }
}

TEST(Moment, TwoThreadsAtOnceAndTheFirstEndsTheProcess) {
  for (int i = 0; i < 10; ++i) {
    const Outcome outcome = run_error("in_two_threads", "on_error=abort");
    EXPECT_EQ(outcome.signal, SIGABRT);
    EXPECT_GE(reports(outcome, "double-free"), 1u);
    EXPECT_EQ(count(outcome.errors, "SUMMARY: "), reports(outcome));
  }
}

TEST(Moment, InASignalHandler) {
  const Outcome outcome = run_error("in_handler", "on_error=continue");
  EXPECT_EQ(reports(outcome, "double-free"), 1u);
  EXPECT_EQ(outcome.output, "went on\n");
}

TEST(Moment, InAForkedChild) {
  const Outcome outcome = run_error("in_child", "on_error=abort");
  EXPECT_EQ(reports(outcome, "double-free"), 1u);
  EXPECT_THAT(outcome.output, HasSubstr(": signal 6\nwent on\n"));
}

TEST(Moment, InAThreadThatHasEnded) {
  const Outcome outcome = run_error("after_thread_end", "on_error=continue");
  EXPECT_EQ(reports(outcome, "double-free"), 1u);
  EXPECT_THAT(outcome.errors, HasSubstr("in thread T1:"));
  EXPECT_EQ(outcome.output, "went on\n");
}

TEST(Moment, InACallOfTheLibrary) {
  for (const char* mode : kGuardingModes) {
    const auto run = [&](const char* more) {
      return run_with(in_mode(mode, more), {"errors", "in_library_call"});
    };
    const Outcome checked = run("on_error=continue");
    EXPECT_EQ(reports(checked, "heap-buffer-overflow"), 1u);
    EXPECT_THAT(checked.errors, HasSubstr("READ of size 30"));
    EXPECT_EQ(checked.output, "went on\n");
  }
  EXPECT_EQ(reports(run_error("in_library_call", "ranges=0")), 0u);
}

}  // namespace
}  // namespace arenite
