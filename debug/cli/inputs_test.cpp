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

/// Every command that looks at a heap, in a mode: the same answer whatever the heap is looked at
/// through.
class EveryCommand : public ::testing::TestWithParam<const char*> {
 protected:
  static void expect_alike(const std::string& command, const Child& child, const Files& files) {
    SCOPED_TRACE(command);
    const Output live = arenite(command + " " + child.option());
    EXPECT_LE(live.code, 1) << live.text;
    for (const std::string& file : {files.core(), files.snapshot()}) {
      const Output other = arenite(command + " " + file);
      EXPECT_EQ(other.code, live.code) << file << "\n" << other.text;
      EXPECT_EQ(other.text, live.text) << file;
    }
  }
};

TEST_P(EveryCommand, answers_alike) {
  const Child child = subject("lost", {"--mode", GetParam()});
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  const std::string& at = child.line;
  for (const std::string& command :
       {std::string("audit --format json"),
        std::string("audit --format sarif"),
        std::string("stat"),
        std::string("stat --format json"),
        "whatis " + at,
        "whatis --format json " + at,
        "refs " + at,
        "refs --format json " + at,
        "path " + at,
        "path --format json " + at,
        std::string("sites"),
        std::string("sites --format json"),
        std::string("sites --pins --limit 0"),
        std::string("blocks --limit 0"),
        std::string("blocks --format json --where 'size > 300 and state == live'"),
        std::string("leaks"),
        std::string("leaks --format json --kinds K1,K2,K3,K4"),
        std::string("leaks --format sarif"),
        std::string("export --pprof"),
        std::string("export --folded"),
        std::string("export --json"),
        std::string("export --csv"),
        std::string("export --prometheus")})
    expect_alike(command, child, files);
}

TEST_P(EveryCommand, diff_finds_no_difference_between_inputs) {
  const Child child = subject("lost", {"--mode", GetParam()});
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  const std::string core = files.core().substr(7), snapshot = files.snapshot().substr(11);
  for (const std::string& two :
       {child.pid() + " " + snapshot, core + " " + child.pid(), snapshot + " " + core}) {
    const Output output = arenite("diff --format json --fail-on 'added > 0 or leaked > 0' " + two);
    ASSERT_EQ(output.code, 0) << output.text;
    const Json json = output.json();
    EXPECT_EQ(json["blocks"]["added"], 0) << two;
    EXPECT_EQ(json["blocks"]["gone"], 0) << two;
    EXPECT_GT(json["blocks"]["in_both"], 10) << two;
    for (const auto& [name, total] : json["totals"].items()) EXPECT_EQ(total["change"], 0) << name;
  }
}

TEST_P(EveryCommand, map_and_snapshot_of_each_input) {
  const Child child = subject("lost", {"--mode", GetParam()});
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  const TemporaryFile page;
  const std::string again = page.path + ".again";
  const Output live = arenite("map --format json -o " + page.path + " " + child.option());
  ASSERT_EQ(live.code, 0) << live.text;
  const Json audit = arenite("audit --format json " + child.option()).json();
  for (const std::string& file : {files.core(), files.snapshot()}) {
    const Output map = arenite("map --format json -o " + page.path + " " + file);
    ASSERT_EQ(map.code, 0) << map.text;
    EXPECT_EQ(map.json()["heaps"], live.json()["heaps"]) << file;
    EXPECT_EQ(std::filesystem::file_size(page.path), map.json()["bytes"]);
    ASSERT_EQ(arenite("snapshot -o " + again + " " + file).code, 0) << file;
    EXPECT_EQ(arenite("audit --format json --snapshot " + again).json(), audit) << file;
    std::filesystem::remove(again);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryCommand, ::testing::Values("fast", "debug"),
                         [](const auto& mode) { return std::string(mode.param); });

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
