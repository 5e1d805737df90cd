// SPDX-License-Identifier: MIT
// One heap, looked at as a process, as its core and as its snapshot: the same answers.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "debug/cli/subject.hpp"

namespace arenite::cli {
namespace {

using ::testing::HasSubstr;

const std::string kGdbFile = ARENITE_GDB_FILE;

/// A child's core as gcore writes it, and its snapshot with contents.
class Files {
 public:
  explicit Files(const Child& child) {
    shell("gcore -o " + file_.path + " " + child.pid());
    core_ = file_.path + "." + child.pid();
    snapshot_ = file_.path + ".snapshot";
    EXPECT_EQ(arenite("snapshot --full -o " + snapshot_ + " " + child.option()).code, 0);
  }
  ~Files() {
    std::filesystem::remove(core_);
    std::filesystem::remove(snapshot_);
  }
  bool has_core() const { return std::filesystem::exists(core_); }
  std::string core() const { return "--core " + core_; }
  std::string snapshot() const { return "--snapshot " + snapshot_; }

 private:
  TemporaryFile file_;
  std::string core_, snapshot_;
};

/// A random program of the seed; of two seeds, one ends with an error.
class Inputs : public ::testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(Inputs, audit_alike) {
  const auto& [mode, seed] = GetParam();
  const Child child({"env", "ARENITE_OPTIONS=mode=" + mode + ":seed=7", kCli, "run", "--", kSubject,
                     "random", std::to_string(seed)});
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  const Output live = arenite("audit --format json " + child.option());
  EXPECT_EQ(live.code, seed % 2) << live.text;
  EXPECT_EQ(arenite("audit --format json " + files.core()).json(), live.json());
  EXPECT_EQ(arenite("audit --format json " + files.snapshot()).json(), live.json());
  const std::string whatis = "whatis --format json " + child.line + " ";
  const Output here = arenite(whatis + child.option());
  EXPECT_EQ(arenite(whatis + files.core()).json(), here.json());
  EXPECT_EQ(arenite(whatis + files.snapshot()).json(), here.json());
  if (mode == "debug") {
    EXPECT_GT(here.json()["layer"]["allocated"]["stack"].size(), 0u) << here.text;
    EXPECT_EQ(here.json()["layer"]["requested"], 100);
  }
}

INSTANTIATE_TEST_SUITE_P(RandomPrograms, Inputs,
                         ::testing::Combine(::testing::Values("fast", "debug"),
                                            ::testing::Values(2, 3)));

TEST(Whatis, other_memory_in_all_inputs) {
  const auto expect = [](const char* what, const char* words) {
    const Child child = subject(what);
    const Files files(child);
    if (!files.has_core()) GTEST_SKIP() << "no gcore here";
    for (const std::string& option : {child.option(), files.core(), files.snapshot()})
      EXPECT_THAT(arenite("whatis " + child.line + " " + option).text, HasSubstr(words)) << option;
  };
  expect("stack", "the stack of thread");
  expect("data", "data of");
}

TEST(Gdb, drives_the_tool_on_a_core_and_on_a_process) {
  if (shell("gdb -batch -ex 'python print(1)'").text != "1\n") GTEST_SKIP() << "no gdb with python";
  const Child child = subject("twice");
  const Files files(child);
  const std::string gdb = "ARENITE_CLI=" + kCli + " gdb -batch -nx -x " + kGdbFile;
  for (const std::string& target : {"-core " + files.core().substr(7), "-p " + child.pid()}) {
    const Output output = shell(gdb + " " + target + " -ex 'arenite audit' -ex 'arenite whatis " +
                                child.line + "' -ex 'print $_arenite_exit'");
    EXPECT_THAT(output.text, HasSubstr("T2")) << output.text;
    EXPECT_THAT(output.text, HasSubstr("in a thread's array")) << output.text;
    EXPECT_THAT(output.text, HasSubstr("$1 = 0")) << output.text;
  }
}

}  // namespace
}  // namespace arenite::cli
