// SPDX-License-Identifier: MIT
// The parts of the page-guard heap that are arithmetic: sizes, slack, records, the memory budget.
#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "debug/guard/page_fake.hpp"
#include "debug/guard/page_memory.hpp"
#include "debug/guard/page_slack.hpp"

namespace arenite {
namespace {

TEST(StretchSizes, HoldWhatIsAskedAndLittleMore) {
  unsigned last = 0;
  for (std::size_t pages = 1; pages < 200000; ++pages) {
    const unsigned size = StretchSizes::of(pages);
    ASSERT_GE(StretchSizes::pages(size), pages);
    ASSERT_LE(StretchSizes::pages(size), pages + pages / 4 + 1);
    ASSERT_TRUE(size == last || size == last + 1);
    if (size > 0) {
      ASSERT_LT(StretchSizes::pages(size - 1), pages);
    }
    ASSERT_EQ(StretchSizes::of(StretchSizes::pages(size)), size);
    last = size;
  }
  // The largest a heap is asked for.
  EXPECT_LT(StretchSizes::of(std::size_t{1} << 32), StretchSizes::kCount);
}

TEST(PagePlacement, FitsIntoThePagesNeededWhereverTheyBegin) {
  for (std::size_t alignment = 1; alignment <= 16 * kPageBytes; alignment *= 2)
    for (std::size_t size : Sizes{0, 1, 4095, 4096, 4097, 100000}) {
      const std::size_t bytes = PagePlacement::needed_pages(size, alignment) * kPageBytes;
      Address furthest = 0;
      for (Address data = 64 * kPageBytes; data < 80 * kPageBytes; data += kPageBytes)
        for (const bool right : {false, true}) {
          const PagePlacement place = PagePlacement::at(data, size, alignment, right);
          const Address end = place.open_begin + place.open_bytes;
          ASSERT_GE(place.open_begin, data);
          ASSERT_LE(end, data + bytes) << size << " bytes aligned to " << alignment;
          furthest = std::max(furthest, end - data);
        }
      EXPECT_EQ(furthest, bytes) << "and no page more";
    }
}

TEST(PageSlack, AnyOneByteIsFoundAndNoneWhereAllAreSound) {
  unsigned char bytes[300];
  const auto begin = reinterpret_cast<Address>(bytes);
  std::memset(bytes, kGuardByte, sizeof bytes);
  for (std::size_t from : Sizes{0, 1, 15, 64})
    for (std::size_t to : Sizes{64, 65, 127, 128, 200, 300}) {
      EXPECT_EQ(first_changed_slack({begin + from, begin + to}), 0u);
      for (std::size_t i = 0; i < sizeof bytes; ++i) {
        bytes[i] ^= 0x80;
        EXPECT_EQ(first_changed_slack({begin + from, begin + to}),
                  i >= from && i < to ? begin + i : 0);
        bytes[i] ^= 0x80;
      }
    }
}

TEST(PageRecords, BeginsAreFoundFromAnyPage) {
  std::vector<std::uint64_t> begins(16);
  PageRecords records;
  records.start(reinterpret_cast<Address>(begins.data()), 0);
  for (std::uint32_t page : {2u, 64u, 66u, 700u}) records.add_begin(page);
  EXPECT_EQ(records.begin_at_or_before(1, 0), kNone);
  EXPECT_EQ(records.begin_at_or_before(2, 0), 2u);
  EXPECT_EQ(records.begin_at_or_before(63, 0), 2u);
  EXPECT_EQ(records.begin_at_or_before(63, 3), kNone);
  EXPECT_EQ(records.begin_at_or_before(65, 0), 64u);
  EXPECT_EQ(records.begin_at_or_before(699, 0), 66u);
  EXPECT_EQ(records.begin_at_or_before(699, 67), kNone);
  EXPECT_EQ(records.begin_at_or_before(1023, 0), 700u);
  EXPECT_TRUE(records.begins_at(66));
  EXPECT_FALSE(records.begins_at(65));
}

TEST(PageRecords, ARecordThatIsBeingWrittenTellsNothing) {
  std::vector<PageRecord> table(2);
  PageRecords records;
  records.start(0, reinterpret_cast<Address>(table.data()));
  BlockFacts facts;
  EXPECT_FALSE(records.facts(2, facts));
  table[1].state.set(StretchState::live);
  EXPECT_TRUE(records.facts(2, facts));
  {
    const RecordChange change(table[1]);
    EXPECT_FALSE(records.facts(2, facts));
    EXPECT_EQ(facts.state, BlockState::none);
  }
  EXPECT_TRUE(records.facts(2, facts));
}

TEST(Declines, EachHasATextOfItsOwn) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(Decline::system); ++i)
    texts.insert(text_of(static_cast<Decline>(i)));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(Decline::system) + 1);
  EXPECT_FALSE(texts.contains(""));
}

class PageMemory : public ::testing::Test {
 protected:
  std::string folder = ::testing::TempDir() + "page_memory." + std::to_string(::getpid());
  std::string machine = folder + "/meminfo", own = folder + "/cgroup";
  MemorySources sources{machine.c_str(), own.c_str(), folder.c_str()};

  PageMemory() { shell("mkdir -p " + folder + "/a/b"); }
  ~PageMemory() override { shell("rm -r " + folder); }
  static void shell(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name) << text;
  }
};

TEST_F(PageMemory, HalfOfTheLeastOfMachineAndGroups) {
  write("meminfo", "MemTotal:       9000000 kB\nMemAvailable:    8000 kB\n");
  EXPECT_EQ(page_memory_budget(sources), 4000u * 1024);
  write("cgroup", "0::/a/b\n");
  EXPECT_EQ(page_memory_budget(sources), 4000u * 1024);
  write("a/b/memory.max", "max\n");
  write("a/b/memory.current", "5\n");
  EXPECT_EQ(page_memory_budget(sources), 4000u * 1024);
  write("a/memory.max", "300000\n");
  write("a/memory.current", "100000\n");
  EXPECT_EQ(page_memory_budget(sources), 100000u);
  write("memory.max", "100");
  write("memory.current", "200");
  EXPECT_EQ(page_memory_budget(sources), 0u);
}

TEST_F(PageMemory, AGroupWhosePathHasNoRoomHasNoLimit) {
  write("meminfo", "MemAvailable:    8000 kB\n");
  write("memory.max", "300000\n");
  write("memory.current", "100000\n");
  write("cgroup", "0::/" + std::string(2000, 'x') + "\n");
  EXPECT_EQ(page_memory_budget(sources), 100000u) << "that of the group it is in";
}

TEST_F(PageMemory, SomethingWhereNothingIsKnown) {
  EXPECT_GT(page_memory_budget(sources), 0u);
  EXPECT_LE(page_memory_budget(sources), std::size_t{1} << 30);
}

TEST_F(PageMemory, MoreThanCanBeCountedIsNoNumber) {
  // 2^64 bytes.
  write("meminfo", "MemAvailable: 18014398509481984 kB\n");
  EXPECT_GT(page_memory_budget(sources), 0u);
}

TEST(NumberBehind, IsTheFirstOrNone) {
  EXPECT_EQ(number_behind("a: 1\nbc:   23 kB", "bc:"), 23u);
  EXPECT_EQ(number_behind("max\n", ""), ~std::size_t{0});
  EXPECT_EQ(number_behind("", "x"), ~std::size_t{0});
  EXPECT_EQ(number_behind("99999999999999999999999", ""), ~std::size_t{0});
}

}  // namespace
}  // namespace arenite
