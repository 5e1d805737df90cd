// SPDX-License-Identifier: MIT
// `arenite sites`, on a process and on what was saved of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "debug/cli/subject.hpp"

namespace arenite::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Sites, add_up_to_what_stat_says) {
  const Child child = subject("fill");
  const Json sites = arenite("sites --format json " + child.option()).json()["heaps"][0];
  const Json stat = arenite("stat --format json " + child.option()).json()["heaps"][0];
  std::uint64_t bytes = 0, blocks = 0;
  for (const Json& site : sites["sites"]) {
    bytes += site["live_bytes"].get<std::uint64_t>();
    blocks += site["blocks"].get<std::uint64_t>();
  }
  EXPECT_EQ(sites["by"], "class");
  EXPECT_EQ(sites["total"]["live_bytes"], bytes);
  EXPECT_EQ(sites["total"]["blocks"], blocks);
  std::uint64_t live = stat["spans"]["count"].get<std::uint64_t>();
  for (const Json& of : stat["classes"]) live += of["live"].get<std::uint64_t>();
  EXPECT_EQ(blocks, live);
}

TEST(Sites, survivors_are_named_first_by_what_they_keep) {
  const Child child = subject("pinned");
  const Json first =
      arenite("sites --pins --format json " + child.option()).json()["heaps"][0]["sites"][0];
  EXPECT_EQ(first["block_bytes"], 1024);
  // 40 pools of 64 blocks, of each of which one survives.
  EXPECT_GE(first["pools_alone"], 40);
  EXPECT_GT(first["kept_bytes_alone"], 39 * 63 * 1024);
  const Output text = arenite("sites --pins --limit 1 " + child.option());
  EXPECT_EQ(text.code, 0) << text.text;
  EXPECT_THAT(text.text, HasSubstr("1024 bytes"));
  EXPECT_THAT(text.text, HasSubstr("--limit 0 shows all"));
}

TEST(Sites, a_site_is_who_wants_the_block_not_who_hands_the_wish_on) {
  const Child child = subject("pinned", {"--mode", "debug"});
  const Output lines = arenite("sites --limit 0 " + child.option());
  EXPECT_EQ(lines.code, 0) << lines.text;
  EXPECT_THAT(lines.text, HasSubstr("pin_pools"));
  EXPECT_THAT(lines.text, Not(HasSubstr("xmalloc")));
  EXPECT_THAT(arenite("sites --limit 0 --stacks " + child.option()).text,
              AllOf(HasSubstr("xmalloc"), HasSubstr("main")));
}

TEST(Sites, a_snapshot_counts_like_the_process) {
  const Child child = subject("pinned");
  const TemporaryFile file;
  ASSERT_EQ(arenite("snapshot -o " + file.path + " " + child.option()).code, 0);
  EXPECT_EQ(arenite("sites --format json --snapshot " + file.path).text,
            arenite("sites --format json " + child.option()).text);
}

}  // namespace
}  // namespace arenite::cli
