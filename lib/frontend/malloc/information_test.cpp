// SPDX-License-Identifier: MIT
// glibc's view of a heap, of this one: numbers that agree with each other and move as blocks do.
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace {

TEST(MallinfoTest, PartsMakeTheWhole) {
  const struct mallinfo2 info = mallinfo2();
  EXPECT_EQ(info.arena, info.uordblks + info.fordblks);
  EXPECT_LE(info.keepcost, info.fordblks);
  EXPECT_GT(info.uordblks, 0u);
}

/// Blocks enough for many pools, all freed: the pools are there, and dirty.
void leave_dirty_pools() {
  std::vector<void*> blocks(100'000);
  for (void*& block : blocks) block = malloc(100);
  for (void* block : blocks) free(block);
}

TEST(MallinfoTest, CountsFreePools) {
  leave_dirty_pools();
  const struct mallinfo2 info = mallinfo2();
  EXPECT_GT(info.ordblks, 10u);
  EXPECT_EQ(info.keepcost, info.ordblks * 65536);
  EXPECT_EQ(info.smblks + info.usmblks + info.fsmblks, 0u);
}

TEST(MallinfoTest, FollowsSmallBlocks) {
  std::vector<void*> blocks(1000);
  const std::size_t before = mallinfo2().uordblks;
  for (void*& block : blocks) block = malloc(100);
  EXPECT_EQ(mallinfo2().uordblks, before + 1000 * 112);
  for (void* block : blocks) free(block);
  EXPECT_EQ(mallinfo2().uordblks, before);
}

TEST(MallinfoTest, FollowsSpans) {
  const struct mallinfo2 before = mallinfo2();
  void* span = malloc(10'240'000);
  const struct mallinfo2 between = mallinfo2();
  EXPECT_EQ(between.hblks, before.hblks + 1);
  EXPECT_EQ(between.hblkhd, before.hblkhd + 10'240'000);
  free(span);
  EXPECT_EQ(mallinfo2().hblks, before.hblks);
  EXPECT_EQ(mallinfo2().hblkhd, before.hblkhd);
}

// glibc calls it deprecated; programs call it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
TEST(MallinfoTest, NarrowFormAgreesAndDoesNotWrap) {
  leave_dirty_pools();
  void* span = malloc(1'000'000);
  const struct mallinfo2 wide = mallinfo2();
  const struct mallinfo narrow = mallinfo();
  const std::pair<int, std::size_t> fields[] = {
      {narrow.arena, wide.arena},       {narrow.ordblks, wide.ordblks},
      {narrow.hblks, wide.hblks},       {narrow.hblkhd, wide.hblkhd},
      {narrow.uordblks, wide.uordblks}, {narrow.fordblks, wide.fordblks},
      {narrow.keepcost, wide.keepcost}};
  for (const auto& [field, whole] : fields) {
    EXPECT_GT(field, 0);
    EXPECT_EQ(static_cast<std::size_t>(field), whole);
  }
  free(span);
  span = malloc(std::size_t{5} << 30);
  EXPECT_EQ(mallinfo().hblkhd, INT_MAX);
  free(span);
}
#pragma GCC diagnostic pop

/// Tags, each opened and closed; empty if the text is not well-formed.
std::vector<std::string> elements(const std::string& xml) {
  std::vector<std::string> open, seen;
  const std::regex tag("<(/?)([a-z]+)((?: [a-z]+=\"[^\"<]*\")*)(/?)>|[^<\\s]+|<");
  for (std::sregex_iterator it(xml.begin(), xml.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (name.empty()) return {};
    if ((*it)[1] == "/") {
      if (open.empty() || open.back() != name) return {};
      open.pop_back();
    } else {
      seen.push_back(name);
      if ((*it)[4] != "/") open.push_back(name);
    }
  }
  return open.empty() ? seen : std::vector<std::string>{};
}

struct Told {
  std::string text;
  struct mallinfo2 info;
};

/// What both tell at the same moment: the stream allocates nothing in between.
Told told() {
  static char text[4096], buffer[4096];
  FILE* stream = fmemopen(text, sizeof text, "w");
  std::setvbuf(stream, buffer, _IOFBF, sizeof buffer);
  EXPECT_EQ(malloc_info(0, stream), 0);
  const struct mallinfo2 info = mallinfo2();
  std::fclose(stream);
  return {text, info};
}

TEST(MallocInfoTest, TellsWhatMallinfoTells) {
  leave_dirty_pools();
  void* span = malloc(1'000'000);
  const auto [text, info] = told();
  const auto total = [](const char* type, std::size_t count, std::size_t size) {
    return std::string("<total type=\"") + type + "\" count=\"" + std::to_string(count) +
           "\" size=\"" + std::to_string(size) + "\"/>\n";
  };
  const std::string numbers =
      total("rest", info.ordblks, info.fordblks) + total("mmap", info.hblks, info.hblkhd) +
      "<system type=\"current\" size=\"" + std::to_string(info.arena + info.hblkhd) + "\"/>\n";
  EXPECT_EQ(text, "<malloc version=\"1\">\n<heap nr=\"0\">\n" + numbers + "</heap>\n" + numbers +
                      "</malloc>\n");
  EXPECT_GT(info.hblks, 0u);
  free(span);
}

TEST(MallocInfoTest, IsWellFormedXml) {
  const std::string text = told().text;
  const std::vector<std::string> seen = elements(text);
  ASSERT_FALSE(seen.empty()) << text;
  EXPECT_EQ(seen.front(), "malloc");
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "heap"), 1);
  EXPECT_GE(std::count(seen.begin(), seen.end(), "total"), 2);
  EXPECT_GE(std::count(seen.begin(), seen.end(), "system"), 1);
  EXPECT_TRUE(elements("<a><b></a></b>").empty());
  EXPECT_TRUE(elements("<a>&</a>").empty());
}

TEST(MallocInfoTest, OptionsMustBeZero) {
  errno = 0;
  EXPECT_EQ(malloc_info(1, stdout), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST(MallocStatsTest, WritesToStandardError) {
  testing::internal::CaptureStderr();
  malloc_stats();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.rfind("heap of geometry production: ", 0), 0u) << text;
}

}  // namespace
