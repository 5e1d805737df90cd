// SPDX-License-Identifier: MIT
// `arenite map` as a user runs it; what the page shows is tested in a browser, by debug/map/try.
#include <fstream>
#include <iterator>

#include "debug/cli/subject.hpp"

namespace arenite::cli {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(MapCommand, draws_processes_and_snapshots) {
  const TemporaryFile file;
  const std::string snapshot = file.path + ".arn";
  const Child child = subject("pinned");
  const Output live = arenite("map --format json -o " + file.path + " " + child.option());
  ASSERT_EQ(live.code, 0) << live.text;
  EXPECT_EQ(live.json()["bytes"], std::filesystem::file_size(file.path));
  ASSERT_EQ(live.json()["heaps"].size(), 1u);
  EXPECT_EQ(live.json()["heaps"][0]["frames"], 1);
  EXPECT_GT(live.json()["heaps"][0]["pools"], 0);
  const std::string page = text_of(file.path);
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  EXPECT_FALSE(std::filesystem::exists(file.path + ".part"));

  ASSERT_EQ(arenite("snapshot -o " + snapshot + " " + child.option()).code, 0);
  const Output both = arenite("map --format json -o " + file.path + " " + child.option() +
                              " --snapshot " + snapshot + " --snapshot " + snapshot);
  EXPECT_EQ(both.code, 0) << both.text;
  ASSERT_EQ(both.json()["heaps"].size(), 1u);
  EXPECT_EQ(both.json()["heaps"][0]["frames"], 3);
  std::filesystem::remove(snapshot);
}

TEST(MapCommand, blocks_on_guard_pages_are_counted) {
  const TemporaryFile file;
  for (const char* mode : {"page", "debug"}) {
    const Child child = subject("fill", {"--mode", mode});
    const Output map = arenite("map --format json -o " + file.path + " " + child.option());
    const Output blocks =
        arenite("blocks --format json --where 'state == live' --limit 0 " + child.option());
    ASSERT_EQ(map.code, 0) << map.text;
    ASSERT_EQ(blocks.code, 0) << blocks.text;
    // What lies on guard pages is in no pool.
    std::uint64_t outside = 0;
    const Json rows = blocks.json()["blocks"];
    for (const Json& row : rows) outside += row.contains("pool") ? 0u : 1u;
    EXPECT_EQ(map.json()["heaps"][0]["blocks_on_pages"], outside) << mode;
    EXPECT_EQ(outside > 10, std::string(mode) == "page");
  }
}

TEST(MapCommand, detail_is_as_much_as_was_asked_for) {
  const TemporaryFile file;
  const Child child = subject("pinned");
  const auto pools = [&](const char* detail) {
    const Output output = arenite("map --format json --detail " + std::string(detail) + " -o " +
                                  file.path + " " + child.option());
    EXPECT_EQ(output.code, 0) << output.text;
    if (output.code != 0) return -1;
    return output.json()["heaps"][0]["pools_in_detail"].get<int>();
  };
  EXPECT_EQ(pools("0"), 0);
  EXPECT_GT(pools("1000000"), 0);
}

TEST(MapCommand, what_cannot_be_drawn) {
  const TemporaryFile file;
  EXPECT_EQ(arenite("map -o " + file.path + " --snapshot /nonexistent").code, 2);
  EXPECT_EQ(arenite("map -o " + file.path + " --pid 1").code, 2);
  EXPECT_FALSE(std::filesystem::exists(file.path));
  EXPECT_EQ(arenite("map -o " + file.path).code, 64);
  EXPECT_EQ(arenite("map --snapshot /nonexistent").code, 64);
  const Child child = subject("pinned");
  const Output nowhere = arenite("map -o /nonexistent/map.html " + child.option());
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_NE(nowhere.text.find("/nonexistent/map.html cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace arenite::cli
