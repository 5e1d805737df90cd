// SPDX-License-Identifier: MIT
// `arenite leaks`, `refs` and `path`, on a process that lost blocks in every way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/subject.hpp"

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
  EXPECT_THAT(output.text, HasSubstr("could not be read"));
}

}  // namespace
}  // namespace arenite::cli
