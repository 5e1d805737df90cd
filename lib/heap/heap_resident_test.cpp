// SPDX-License-Identifier: MIT
// Which pages a heap on the system's memory touches: none that nobody asked for.
#include <sys/mman.h>
#include <sys/prctl.h>

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "heap/heap_fixture.hpp"
#include "os/linux_pages.hpp"

namespace arenite {
namespace {

constexpr std::size_t kPage = 4096;

class HeapResidentTest : public testing::Test {
 protected:
  void SetUp() override {
    // Huge pages would make neighbours resident.
    ASSERT_EQ(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
    ASSERT_TRUE(heap.open(std::size_t{1} << 30));
    thread = heap.attach(1);
    ASSERT_NE(thread, 0u);
  }
  void TearDown() override { heap.close(); }

  std::size_t resident_pages() const {
    const auto& range = heap.root().range;
    std::vector<unsigned char> pages(range.committed / kPage);
    if (pages.empty()) return 0;
    EXPECT_EQ(::mincore(reinterpret_cast<void*>(range.address), range.committed, pages.data()), 0);
    return static_cast<std::size_t>(std::count_if(
        pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; }));
  }

  Heap<HeapConfig<Production, LinuxPages>> heap{LinuxPages()};
  ThreadBlock thread = 0;
};

TEST_F(HeapResidentTest, OneBlockOfEachClassTouchesOnePageEachAndOnlyByItsUser) {
  heap.root().retain_pools = 1000;
  std::vector<void*> blocks;
  for (const std::uint32_t bytes : Production::kBlockBytes)
    blocks.push_back(heap.allocate(thread, bytes));
  EXPECT_EQ(resident_pages(), 0u) << "handing out touches nothing";
  for (void* block : blocks) *static_cast<char*>(block) = 1;
  EXPECT_EQ(resident_pages(), blocks.size());
  for (void* block : blocks) heap.free(thread, block);
  heap.hand_back_all(thread);
  EXPECT_EQ(resident_pages(), blocks.size()) << "nor does taking back";
}

TEST_F(HeapResidentTest, PoolIsTouchedFromItsBeginningAsFarAsBlocksAreUsed) {
  for (const std::uint32_t bytes : {16u, 48u, 256u, 1024u}) {
    const std::size_t before = resident_pages();
    std::set<Address> touched;
    for (std::size_t used = 0; used + bytes <= 6 * kPage; used += bytes) {
      void* block = heap.allocate(thread, bytes);
      *static_cast<char*>(block) = 1;
      touched.insert(address_of(block) / kPage);
    }
    EXPECT_LE(touched.size(), 6u) << bytes;
    EXPECT_EQ(resident_pages() - before, touched.size()) << bytes;
  }
}

TEST_F(HeapResidentTest, UntouchedPartsOfSpansStayUntouchedEvenZeroedOnes) {
  auto* span = static_cast<char*>(heap.allocate_zeroed(thread, 3 << 20));
  ASSERT_NE(span, nullptr);
  EXPECT_EQ(resident_pages(), 0u);
  span[0] = span[2 << 20] = 1;
  EXPECT_EQ(resident_pages(), 2u);
}

TEST_F(HeapResidentTest, TrimLeavesNoPageOfFreePoolsResident) {
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) {
    blocks.push_back(heap.allocate(thread, 500));
    *static_cast<char*>(blocks.back()) = 1;
  }
  EXPECT_GT(resident_pages(), 200u);
  for (void* block : blocks) heap.free(thread, block);
  EXPECT_TRUE(heap.trim(thread));
  EXPECT_EQ(resident_pages(), 0u);
}

TEST_F(HeapResidentTest, TrimLeavesOnlyPagesResidentThatLiveBlocksLieOn) {
  std::vector<char*> blocks;
  for (int i = 0; i < 20'000; ++i) {
    blocks.push_back(static_cast<char*>(heap.allocate(thread, 64)));
    *blocks.back() = 1;
  }
  std::set<Address> pages;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 333 == 0)
      pages.insert(address_of(blocks[i]) / kPage);
    else
      heap.free(thread, blocks[i]);
  }
  EXPECT_GT(resident_pages(), 5 * pages.size());
  EXPECT_TRUE(heap.trim(thread));
  EXPECT_EQ(resident_pages(), pages.size());
}

TEST_F(HeapResidentTest, FreedSpansStayResidentOnlyWithinWhatIsRetained) {
  std::vector<void*> spans;
  for (int i = 0; i < 8; ++i) {
    spans.push_back(heap.allocate(thread, 1 << 20));
    std::fill_n(static_cast<char*>(spans.back()), 1 << 20, 'x');
  }
  EXPECT_EQ(resident_pages(), 8 * 256u);
  for (void* span : spans) heap.free(thread, span);
  EXPECT_LE(resident_pages(), Production::kRetainedPools * Production::kPoolBytes / kPage);
}

TEST_F(HeapResidentTest, GrowingBlockKeepsItsContentsThroughManyMoves) {
  // Each growth is walled in, so that it moves: from the second on, across mappings.
  std::size_t size = 300 << 10;
  auto* block = static_cast<char*>(heap.allocate(thread, size));
  stamp(block, size, 4);
  for (int i = 0; i < 6; ++i) {
    heap.allocate(thread, 1 << 16);
    auto* moved = static_cast<char*>(heap.reallocate(thread, block, size * 2));
    ASSERT_NE(moved, nullptr);
    ASSERT_TRUE(stamped(moved, size, 4)) << "growth " << i;
    size *= 2;
    stamp(moved, size, 4);
    block = moved;
  }
}

}  // namespace
}  // namespace arenite
