// SPDX-License-Identifier: MIT
// A process that runs Python, looked at: its lines among the sites, its domains in `stat`.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/subject.hpp"

namespace arenite::cli {
namespace {

using ::testing::HasSubstr;

Child python(const std::vector<std::string>& options, const std::string& count) {
  std::vector<std::string> words{kCli, "run"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", "/usr/bin/python3", ARENITE_KEEPS, count});
  return Child(words);
}

/// The blocks of the sites with this label.
std::uint64_t blocks_of(const Json& report, const std::string& label) {
  std::uint64_t blocks = 0;
  for (const Json& site : report["heaps"][0]["sites"])
    if (site["label"] == label) blocks += site["blocks"].get<std::uint64_t>();
  return blocks;
}

const std::string kKeep = std::string("keep ") + ARENITE_KEEPS + ":10";

TEST(PythonSites, are_lines_of_the_program) {
  const Child child = python({"--mode", "debug"}, "300");
  ASSERT_EQ(child.line, "ready");
  const Json live = arenite("sites --format json " + child.option()).json();
  // Each is an object and its bytes; and the list has its places.
  EXPECT_EQ(blocks_of(live, kKeep), 601u) << arenite("sites " + child.option()).text;
  const auto& sites = live["heaps"][0]["sites"];
  const auto site = std::find_if(sites.begin(), sites.end(),
                                 [](const Json& one) { return one["label"] == kKeep; });
  ASSERT_NE(site, sites.end());
  std::vector<std::string> functions;
  for (const Json& frame : (*site)["stack"]) {
    if (!frame.contains("python")) continue;
    functions.push_back(frame["function"]);
    EXPECT_FALSE(frame.contains("pc"));
    EXPECT_EQ(frame["file"], ARENITE_KEEPS);
  }
  EXPECT_THAT(functions, ::testing::ElementsAre("keep", "<module>"));
}

TEST(PythonSites, are_in_snapshots) {
  const Child child = python({"--mode", "debug"}, "300");
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
  const Output text = arenite("sites --limit 3 --snapshot " + file.path);
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.text, HasSubstr("300  " + kKeep));
}

TEST(PythonSites, are_size_classes_where_nobody_keeps_stacks) {
  const Child child = python({}, "300");
  ASSERT_EQ(child.line, "ready");
  const Json report = arenite("sites --format json " + child.option()).json();
  EXPECT_EQ(report["heaps"][0]["by"], "class");
  EXPECT_EQ(blocks_of(report, kKeep), 0u);
  EXPECT_FALSE(
      arenite("stat --format json " + child.option()).json()["heaps"][0].contains("families"));
}

TEST(PythonSites, stat_counts_blocks_by_domain) {
  const auto objects_of = [](const std::string& count) {
    const Child child = python({"--mode", "debug"}, count);
    EXPECT_EQ(child.line, "ready");
    // It may not sleep yet: both look at the same moment.
    const TemporaryFile file;
    EXPECT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
    const std::string saved = "--snapshot " + file.path;
    const Json stat = arenite("stat --format json " + saved).json()["heaps"][0];
    std::uint64_t blocks = 0;
    for (const Json& family : stat["families"]) blocks += family["blocks"].get<std::uint64_t>();
    const Json audit = arenite("audit --format json " + saved).json()["heaps"][0];
    EXPECT_EQ(blocks, audit["layer"]["live"]);
    EXPECT_THAT(arenite("stat " + saved).text, HasSubstr("python_object"));
    return stat["families"]["python_object"]["blocks"].get<std::uint64_t>();
  };
  const std::uint64_t few = objects_of("100"), many = objects_of("1100");
  EXPECT_GE(many, few + 1000);
}

}  // namespace
}  // namespace arenite::cli
