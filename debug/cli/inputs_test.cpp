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

/// No core: gcore gives up at the first page that is closed (target/README.md).
TEST(OnGuardPages, a_snapshot_with_contents_answers_like_the_process) {
  const Child child = subject("lost", {"--mode", "page"});
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot --full -o " + file.path + " " + child.option()).code, 0);
  for (const std::string command :
       {"audit --format json ", "blocks --limit 0 ", "leaks --format json --kinds K1,K2,K3,K4 ",
        "sites --format json ", "whatis AT ", "refs --format json AT ", "path --format json AT "}) {
    SCOPED_TRACE(command);
    std::string words = command;
    if (const std::size_t at = words.find("AT"); at != std::string::npos)
      words.replace(at, 2, child.line);
    const Output live = arenite(words + child.option());
    EXPECT_LE(live.code, 1) << live.text;
    const Output saved = arenite(words + "--snapshot " + file.path);
    EXPECT_EQ(saved.code, live.code);
    EXPECT_EQ(saved.text, live.text);
  }
}

/// Heaps the program made with arn_heap_create, seen by every command in every input.
TEST(OwnHeaps, are_seen_in_all_inputs) {
  const Child child = subject("own");
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  for (const std::string& input : {child.option(), files.core(), files.snapshot()}) {
    SCOPED_TRACE(input);
    const Output audit = arenite("audit --format json " + input);
    EXPECT_EQ(audit.code, 0) << audit.text;
    const Json heaps = audit.json()["heaps"];
    ASSERT_EQ(heaps.size(), 3u);
    EXPECT_FALSE(heaps[0].contains("own_heap"));
    EXPECT_EQ(heaps[1]["own_heap"], heaps[1]["root"]);
    EXPECT_EQ(heaps[1]["blocks"], 2);
    EXPECT_EQ(heaps[2]["blocks"], 1000);
    EXPECT_EQ(heaps[1]["module"], heaps[0]["module"]);
    EXPECT_THAT(arenite("audit " + input).text, HasSubstr("a heap of the program's own at 0x"));
    const Json stat = arenite("stat --format json " + input).json()["heaps"];
    ASSERT_EQ(stat.size(), 3u);
    EXPECT_EQ(stat[1]["own_heap"], heaps[1]["root"]);
    EXPECT_EQ(stat[1]["mapped_bytes"], stat[1]["accounted_bytes"]);
    EXPECT_THAT(arenite("stat " + input).text, HasSubstr("program's own at 0x"));
    EXPECT_THAT(arenite("whatis " + child.line + " " + input).text, HasSubstr("offset 9 in block"));
    EXPECT_EQ(arenite("sites --format json " + input).json()["heaps"].size(), 3u);
    EXPECT_GE(
        arenite("blocks --format json --limit 0 --where 'size == 112 and state == live' " + input)
            .json()["count"],
        1000);
    EXPECT_EQ(arenite("diff --format json " + child.pid() + " " + input.substr(input.find(' ') + 1))
                  .json()["blocks"]["added"],
              0);
    EXPECT_THAT(arenite("export --csv " + input).text, HasSubstr("program's own at 0x"));
  }
  const TemporaryFile page;
  EXPECT_EQ(
      arenite("map --format json -o " + page.path + " " + files.snapshot()).json()["heaps"].size(),
      3u);
}

TEST(OwnHeaps, a_double_free_in_one_is_found_in_all_inputs) {
  const Child child = subject("own-twice");
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  for (const std::string& input : {child.option(), files.core(), files.snapshot()}) {
    const Output audit = arenite("audit --format json " + input);
    EXPECT_EQ(audit.code, 1) << input << audit.text;
    const Json heaps = audit.json()["heaps"];
    ASSERT_EQ(heaps.size(), 3u);
    ASSERT_EQ(heaps[1]["findings"].size(), 1u) << audit.text;
    EXPECT_EQ(heaps[1]["findings"][0]["id"], "T2");
    EXPECT_EQ(heaps[0]["findings"].size() + heaps[2]["findings"].size(), 0u);
  }
}

/// Nothing but the heap leads to its blocks: they go with it, and are no leaks; neither is what
/// they lead to.
TEST(OwnHeaps, keep_their_blocks) {
  const Child child = subject("own");
  const Files files(child);
  if (!files.has_core()) GTEST_SKIP() << "no gcore here";
  for (const std::string& input : {child.option(), files.core(), files.snapshot()}) {
    const Output leaks = arenite("leaks --format json " + input);
    EXPECT_EQ(leaks.code, 0) << input << leaks.text;
    EXPECT_GE(leaks.json()["live"]["blocks"], 1001);
    EXPECT_THAT(arenite("path " + child.line + " " + input).text,
                HasSubstr("a heap of the program's own, with its blocks"));
  }
}

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
