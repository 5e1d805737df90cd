// SPDX-License-Identifier: MIT
// An extension with planted errors, in each interpreter whose headers were there: each error gets
// its report, with the Python stacks; its twin without the error gets none.
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "debug/python/layouts.hpp"
#include "frontend/process/programs/run.hpp"

namespace arenite {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

struct Interpreter {
  std::string version, program, folder;
};

/// VERSION=PROGRAM=FOLDER,...
std::vector<Interpreter> interpreters() {
  std::vector<Interpreter> all;
  std::istringstream list(ARENITE_INTERPRETERS);
  for (std::string one; std::getline(list, one, ',');) {
    std::istringstream parts(one);
    Interpreter made;
    std::getline(parts, made.version, '=');
    std::getline(parts, made.program, '=');
    std::getline(parts, made.folder, '=');
    all.push_back(made);
  }
  return all;
}

class PlantedTest : public testing::TestWithParam<Interpreter> {
 protected:
  Outcome call(const std::string& function, const std::string& options) {
    const std::string variable = "ARENITE_OPTIONS=" + options;
    return run_command({GetParam().program, "-I", "-S", ARENITE_PYTHON_PROGRAMS "/calls_planted.py",
                        GetParam().folder, function},
                       {.preloaded = true, .environment = {variable}});
  }

  /// The report of the error; checks that its twin gets none.
  std::string report_on(const std::string& function, const std::string& mode) {
    const Outcome twin = call(function + "_not", "symbolize=off:mode=" + mode);
    EXPECT_EQ(twin.exit_code, 0) << twin.errors;
    EXPECT_EQ(twin.output, "went on\n");
    EXPECT_EQ(twin.errors, "");
    const Outcome outcome = call(function, "symbolize=off:mode=" + mode);
    EXPECT_NE(outcome.exit_code, 0);
    return outcome.errors;
  }
};

/// The line of `planted` that Python called is the innermost of the Python stack.
constexpr const char* kPythonStack =
    "arenite: in Python, innermost first:\n"
    "arenite:   File \"[^\"]*calls_planted.py\", line 12, in Caller.call\n"
    "arenite:   File \"[^\"]*calls_planted.py\", line 16, in outer\n"
    "arenite:   File \"[^\"]*calls_planted.py\", line 21, in <module>\n";

/// With the C library's expressions a report is too long for recursion.
bool has(const std::string& text, const std::string& expression) {
  return testing::Matches(ContainsRegex(expression))(text);
}

TEST_P(PlantedTest, OverflowOfABytesBuffer) {
  for (const char* mode : {"debug", "page"}) {
    const std::string report = report_on("overflow", mode);
    EXPECT_THAT(report, HasSubstr("ERROR: AddressSanitizer: heap-buffer-overflow on address"));
    EXPECT_THAT(report, HasSubstr("found by PyObject_Free"));
    EXPECT_THAT(report, HasSubstr("is located 0 bytes after 73-byte region"));
    EXPECT_TRUE(has(report, kPythonStack)) << report;
  }
}

TEST_P(PlantedTest, WrongDomain) {
  const std::string report = report_on("wrong_domain", "debug");
  EXPECT_THAT(report, HasSubstr("alloc-dealloc-mismatch (PyMem_Malloc vs PyObject_Free) on"));
  EXPECT_TRUE(has(report, kPythonStack)) << report;
}

TEST_P(PlantedTest, UseAfterFree) {
  const std::string late = report_on("use_after_free", "debug");
  EXPECT_THAT(late, HasSubstr("heap-use-after-free on address"));
  EXPECT_THAT(late, HasSubstr("is located 16 bytes inside of"));
  EXPECT_TRUE(has(late, kPythonStack)) << late;
  // On the spot, in the extension itself.
  const std::string at_once = report_on("use_after_free", "page");
  EXPECT_THAT(at_once, HasSubstr("heap-use-after-free on address"));
  EXPECT_TRUE(has(at_once, "#0 0x[0-9a-f]+  \\([^)]*planted.so")) << at_once;
  EXPECT_TRUE(has(at_once, kPythonStack)) << at_once;
}

TEST_P(PlantedTest, MissingLock) {
  const std::string report = report_on("no_lock", "debug");
  EXPECT_THAT(report, HasSubstr("use-of-unlocked-interpreter"));
  EXPECT_THAT(report, HasSubstr("CALL of PyMem_Malloc in thread T0"));
  const std::string of_free = report_on("no_lock_to_free", "debug");
  EXPECT_THAT(of_free, HasSubstr("use-of-unlocked-interpreter"));
  EXPECT_THAT(of_free, HasSubstr("CALL of PyMem_Free in thread T0"));
}

TEST_P(PlantedTest, ADescriptionHasPythonsFrames) {
  const std::string text = call("describe", "mode=debug").output;
  EXPECT_THAT(text, HasSubstr(" a live block of 64 bytes at "));
  EXPECT_THAT(text, HasSubstr(", from PyMem_Malloc\nallocated by thread T0 here:\n    #0 0x"));
  EXPECT_TRUE(has(text,
                  "    File \"[^\"]*calls_planted.py\", line 12, in Caller.call\n"
                  "    File \"[^\"]*calls_planted.py\", line 16, in outer\n"
                  "    File \"[^\"]*calls_planted.py\", line 21, in <module>\n"))
      << text;
}

TEST_P(PlantedTest, PythonStackAsJson) {
  const Outcome outcome = call("wrong_domain", "mode=debug:format=json:symbolize=off");
  const auto report = nlohmann::json::parse(outcome.errors.substr(0, outcome.errors.find('\n')));
  for (const auto& stack : {report["python_stack"], report["block"]["allocated"]["python_stack"]}) {
    ASSERT_EQ(stack.size(), 3u) << report;
    EXPECT_EQ(stack[0]["function"], "Caller.call");
    EXPECT_EQ(stack[1]["line"], 16);
    EXPECT_THAT(stack[2]["file"], HasSubstr("calls_planted.py"));
  }
}

/// Nothing is told of Python where no stacks are wanted.
TEST_P(PlantedTest, NoStacksNoPython) {
  const Outcome outcome = call("wrong_domain", "mode=debug:stack_depth=0:symbolize=off");
  EXPECT_THAT(outcome.errors, HasSubstr("alloc-dealloc-mismatch"));
  EXPECT_THAT(outcome.errors.substr(outcome.errors.find("is located")),
              testing::Not(HasSubstr("in Python")));
}

TEST_P(PlantedTest, LayoutIsThatOfTheHeaders) {
  const Outcome outcome = run_command({GetParam().folder + "/layout"}, {.preloaded = false});
  const int minor = std::stoi(GetParam().version.substr(2));
  for (const PythonLayout& layout : kPythonLayouts) {
    if (layout.minor != minor) continue;
    std::ostringstream said;
    said << layout.minor;
    for (const unsigned member :
         {layout.thread_frame, layout.frame_in, layout.frame_code, layout.frame_previous,
          layout.frame_instruction, layout.frame_owner, layout.code_first_line, layout.code_file,
          layout.code_name, layout.code_first_traceable, layout.code_instructions})
      said << ' ' << member;
    said << " type " << kObjectType << '\n';
    EXPECT_EQ(outcome.output, said.str());
    return;
  }
  ADD_FAILURE() << "no layout of " << GetParam().version;
}

INSTANTIATE_TEST_SUITE_P(Versions, PlantedTest, testing::ValuesIn(interpreters()),
                         [](const auto& tested) {
                           return "Python" +
                                  std::regex_replace(tested.param.version, std::regex("[.]"), "_");
                         });
// Where no headers of CPython are installed.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlantedTest);

}  // namespace
}  // namespace arenite
