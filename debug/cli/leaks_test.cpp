// SPDX-License-Identifier: MIT
// `arenite leaks`, `refs` and `path`, on a process that lost blocks in every way.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/core_bytes.hpp"

namespace arenite::cli {
namespace {

using ::testing::HasSubstr;

Json groups_of(const Json& leaks, const std::string& kind, const char* list = "groups") {
  Json found = Json::array();
  for (const Json& group : leaks[list])
    if (group["kind"] == kind) found.push_back(group);
  return found;
}

TEST(Leaks, each_kind_in_its_own_words) {
  const Child child = subject("lost");
  const Output output = arenite("leaks --format json " + child.option());
  EXPECT_EQ(output.code, 1) << output.text;
  const Json leaks = output.json();
  const Json singles = groups_of(leaks, "K1");
  ASSERT_EQ(singles.size(), 1u) << output.text;
  EXPECT_EQ(singles[0]["own"]["blocks"], 3);
  EXPECT_EQ(singles[0]["hanging"]["blocks"], 3);
  const Json cycles = groups_of(leaks, "K3");
  ASSERT_EQ(cycles.size(), 1u);
  EXPECT_EQ(cycles[0]["own"]["blocks"], 1);
  EXPECT_EQ(cycles[0]["hanging"]["blocks"], 1);
  const Json ended = groups_of(leaks, "K4");
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0]["own"]["blocks"], 1);
  EXPECT_EQ(ended[0]["block_bytes"], 704);
  EXPECT_FALSE(groups_of(leaks, "K2", "not_counted").empty());
  const Output inside = arenite("leaks --kinds k2 --format json " + child.option());
  EXPECT_EQ(inside.code, 1);
  EXPECT_FALSE(groups_of(inside.json(), "K2").empty());
  const Output text = arenite("leaks " + child.option());
  EXPECT_THAT(text.text, HasSubstr("K1 1200 bytes in 3 blocks nothing points to; 1200 bytes in 3 "
                                   "blocks hang from such"));
  EXPECT_THAT(text.text, HasSubstr("--kinds K2 shows them"));
}

TEST(Leaks, blocks_on_guard_pages_are_no_roots) {
  const Child child = subject("lost", {"--mode", "page"});
  const Output output = arenite("leaks --format json " + child.option());
  EXPECT_EQ(output.code, 1) << output.text;
  std::uint64_t own = 0;
  for (const Json& group : groups_of(output.json(), "K1"))
    own += group["own"]["blocks"].get<std::uint64_t>();
  EXPECT_EQ(own, 3u) << output.text;
}

TEST(Leaks, suppressed_by_the_function_that_allocated) {
  const Child child = subject("lost", {"--mode", "debug"});
  const TemporaryFile file;
  const auto with = [&](const std::string& rules) {
    std::ofstream(file.path) << rules;
    return arenite("leaks --format json --suppressions " + file.path + " " + child.option());
  };
  const Output none = with("leak:no_such_function\n");
  EXPECT_EQ(none.code, 1);
  EXPECT_EQ(none.json()["suppressed"]["blocks"], 0) << none.text;
  const Output some = with("leak:_M_run\n");
  EXPECT_EQ(some.code, 1);
  EXPECT_EQ(some.json()["suppressed"]["blocks"], 1) << some.text;
  EXPECT_TRUE(groups_of(some.json(), "K4").empty()) << "a thread's function allocated it";
  EXPECT_EQ(groups_of(some.json(), "K1"), groups_of(none.json(), "K1"));
  const Output all = with("# all of it\nleak:lose\n");
  EXPECT_EQ(all.code, 0) << all.text;
  EXPECT_EQ(all.json()["lost"]["blocks"], 0);
  EXPECT_GE(all.json()["suppressed"]["blocks"], none.json()["lost"]["blocks"]);
  std::ofstream(file.path) << "# no rule\nlose\n";
  EXPECT_THAT(arenite("leaks --suppressions " + file.path + " " + child.option()).text,
              HasSubstr("arenite: line 2 of the suppressions is no rule: lose\n"));
}

TEST(Leaks, none_ends_in_0) {
  const Child child = subject("live");
  const Output output = arenite("leaks " + child.option());
  EXPECT_EQ(output.code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("0 bytes in 0 blocks lost"));
}

TEST(Leaks, as_sarif) {
  const Child child = subject("lost");
  const Json log = arenite("leaks --format sarif " + child.option()).json();
  EXPECT_EQ(log["version"], "2.1.0");
  ASSERT_EQ(log["runs"].size(), 1u);
  const Json& run = log["runs"][0];
  const Json& rules = run["tool"]["driver"]["rules"];
  EXPECT_EQ(run["invocations"][0]["exitCode"], 1);
  ASSERT_EQ(run["results"].size(), 3u);
  for (const Json& result : run["results"]) {
    EXPECT_EQ(rules[result["ruleIndex"].get<std::size_t>()]["id"], result["ruleId"]);
    EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
    const Json& place = result["locations"][0]["physicalLocation"];
    EXPECT_THAT(place["artifactLocation"]["uri"].get<std::string>(), HasSubstr("file:///"));
    EXPECT_GE(place["region"]["startLine"], 1);
    EXPECT_EQ(result["partialFingerprints"]["arenite/v1"].get<std::string>().size(), 16u);
  }
}

TEST(Leaks, a_snapshot_without_contents_cannot_tell) {
  const Child child = subject("lost");
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
  const Output output = arenite("leaks --snapshot " + file.path);
  EXPECT_EQ(output.code, 2) << output.text;
  EXPECT_THAT(output.text, HasSubstr("snapshot --full"));
  for (const std::string command : {"refs 1000 ", "path 1000 "}) {
    const Output other = arenite(command + "--snapshot " + file.path);
    EXPECT_EQ(other.code, 2) << other.text;
    EXPECT_THAT(other.text, HasSubstr("snapshot --full"));
  }
}

/// What may point to a block is not there: whether it is lost cannot be told.
TEST(Leaks, memory_that_cannot_be_read_may_point_anywhere) {
  const Child child = subject("lost");
  const CoreOf core(child);
  if (core.path().empty()) GTEST_SKIP() << "no gcore here";
  const std::string path = "path " + child.line + " " + core.option();
  const Json reached = arenite(path + " --format json").json();
  ASSERT_EQ(reached["reached"], true);
  ASSERT_TRUE(leave_out_of_core(core.path(), address_in(reached["root"]["at"])));
  const std::string unread = " of memory could not be read";
  const Output leaks = arenite("leaks " + core.option());
  EXPECT_EQ(leaks.code, 2) << leaks.text;
  EXPECT_THAT(leaks.text, HasSubstr(unread + ", and may point to what looks lost\n"));
  const Output now = arenite(path);
  EXPECT_EQ(now.code, 2) << now.text;
  EXPECT_THAT(now.text, HasSubstr("nothing leads to " + child.line));
  EXPECT_THAT(now.text, HasSubstr("cannot tell: "));
  EXPECT_THAT(now.text, HasSubstr(unread + "\n"));
  const Output refs = arenite("refs " + child.line + " " + core.option());
  EXPECT_EQ(refs.code, 2) << refs.text;
  EXPECT_THAT(refs.text, HasSubstr(unread + "\n"));
  const Output diff = arenite("diff --fail-on 'leaked > 0' " + core.path() + " " + core.path());
  EXPECT_EQ(diff.code, 2) << diff.text;
  EXPECT_THAT(diff.text, HasSubstr(unread + ", so leaks cannot be told\n"));
}

/// A block of the pool is all that leads to another.
TEST(Leaks, blocks_of_a_pool_that_makes_no_sense_may_point_anywhere) {
  const Child child = subject("own");
  ASSERT_EQ(arenite("leaks " + child.option()).code, 0);
  const Json heap = arenite("audit --format json " + child.option()).json()["heaps"][1];
  const Json place =
      arenite("whatis --format json " + child.line + " " + child.option()).json()["place"];
  break_pool(child, address_in(heap["root"]), place["pool"]);
  const Output leaks = arenite("leaks " + child.option());
  EXPECT_EQ(leaks.code, 2) << leaks.text;
  EXPECT_THAT(leaks.text, HasSubstr("cannot tell: some blocks overlap or make no sense\n"));
  const Output diff = arenite("diff --fail-on 'leaked > 0' " + child.pid() + " " + child.pid());
  EXPECT_EQ(diff.code, 2) << diff.text;
  EXPECT_THAT(
      diff.text,
      HasSubstr("cannot tell: some blocks overlap or make no sense, so leaks cannot be told\n"));
}

TEST(Refs, name_the_register_that_holds_the_pointer) {
  const Child child = subject("register");
  const std::string refs = "refs " + child.line + " " + child.option();
  const Output output = arenite(refs + " --format json");
  ASSERT_EQ(output.code, 0) << output.text;
  const Json json = output.json();
  Json held;
  for (const Json& one : json["references"])
    if (one.contains("register") && one["register"] == "rbx") held = one;
  EXPECT_EQ(held["to"], child.line) << output.text;
  EXPECT_EQ(std::to_string(held["thread"].get<int>()), child.pid());
  EXPECT_FALSE(held.contains("at"));
  EXPECT_THAT(arenite(refs).text,
              HasSubstr("  register: register rbx of thread " + child.pid() + "\n"));
}

TEST(Refs, name_who_holds_the_pointer) {
  const Child child = subject("lost");
  const Output output = arenite("refs --format json " + child.line + " " + child.option());
  ASSERT_EQ(output.code, 0) << output.text;
  const Json json = output.json();
  EXPECT_EQ(json["target"]["begin"], child.line);
  EXPECT_EQ(json["target"]["block"], true);
  bool by_block = false;
  for (const Json& one : json["references"]) by_block |= one.contains("block");
  EXPECT_TRUE(by_block) << "the middle of the chain points to its end";
  EXPECT_THAT(arenite("refs " + child.line + " " + child.option()).text,
              HasSubstr("offset 16 in the block of 400 bytes"));
}

TEST(Path, leads_from_a_root_to_the_end_of_a_chain) {
  const Child child = subject("lost");
  const Output output = arenite("path --format json " + child.line + " " + child.option());
  ASSERT_EQ(output.code, 0) << output.text;
  const Json json = output.json();
  EXPECT_EQ(json["reached"], true);
  EXPECT_EQ(json["blocks"].back()["begin"], child.line);
  ASSERT_EQ(json["blocks"].size(), 3u);
  for (const std::size_t link : {0u, 1u}) EXPECT_EQ(json["blocks"][link]["offset"], 16);
  EXPECT_FALSE(json["blocks"][2].contains("offset"));
  const Output text = arenite("path " + child.line + " " + child.option());
  EXPECT_THAT(text.text,
              HasSubstr(", at offset 16\n  -> the block of 400 bytes at " + child.line + "\n"));
  EXPECT_EQ(arenite("path 10 " + child.option()).code, 2);
}

}  // namespace
}  // namespace arenite::cli
