// SPDX-License-Identifier: MIT
#include "debug/leaks/memory_walk.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr std::size_t kPage = MemoryWalk::kPageBytes;

class MemoryWalkWays : public ::testing::TestWithParam<MemoryWays> {};

/// Memory of so many pages, from the system, and unmapped at the end.
struct Stretch {
  explicit Stretch(std::size_t pages, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int file = -1)
      : bytes(pages * kPage),
        data(static_cast<unsigned char*>(
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0))) {}
  ~Stretch() { ::munmap(data, bytes); }
  Stretch(const Stretch&) = delete;
  Stretch& operator=(const Stretch&) = delete;
  Address at(std::size_t offset = 0) const { return reinterpret_cast<Address>(data) + offset; }

  std::size_t bytes;
  unsigned char* data;
};

/// For each byte of the stretch how often it was seen, and whether right.
std::vector<int> seen(MemoryWalk& walk, const Stretch& stretch, Pages which) {
  std::vector<int> times(stretch.bytes);
  walk.read(stretch.at(), stretch.at(stretch.bytes), which,
            [&](Address at, const unsigned char* bytes, std::size_t count) {
              for (std::size_t i = 0; i < count; ++i) {
                const std::size_t offset = at + i - stretch.at();
                EXPECT_EQ(bytes[i], stretch.data[offset]);
                ++times[offset];
              }
            });
  return times;
}

TEST_P(MemoryWalkWays, sees_every_byte_and_every_word_of_large_stretches) {
  MemoryWalk walk(GetParam());
  ASSERT_TRUE(walk.usable());
  const Stretch stretch(300);
  for (std::size_t i = 0; i < stretch.bytes; ++i)
    stretch.data[i] = static_cast<unsigned char>(i % 251);
  // Words at all alignments: of those before a piece's end the last one begins again in the next.
  Address last_end = stretch.at();
  std::size_t pieces = 0;
  walk.read(stretch.at(), stretch.at(stretch.bytes), Pages::own,
            [&](Address at, const unsigned char* bytes, std::size_t count) {
              EXPECT_EQ(std::memcmp(bytes, reinterpret_cast<void*>(at), count), 0);
              EXPECT_LE(at, pieces == 0 ? stretch.at() : last_end - 7);
              EXPECT_LT(last_end, at + count);
              last_end = at + count;
              ++pieces;
            });
  EXPECT_EQ(last_end, stretch.at(stretch.bytes));
  EXPECT_GT(pieces, 1u);
}

TEST_P(MemoryWalkWays, passes_over_what_cannot_be_read) {
  MemoryWalk walk(GetParam());
  const Stretch stretch(8);
  std::memset(stretch.data, 7, stretch.bytes);
  ::munmap(stretch.data + 2 * kPage, kPage);
  std::vector<std::size_t> pages;
  walk.read(stretch.at(8), stretch.at(stretch.bytes), Pages::own,
            [&](Address at, const unsigned char* bytes, std::size_t count) {
              for (std::size_t i = 0; i < count; i += kPage / 2) {
                EXPECT_EQ(bytes[i], 7);
                const std::size_t page = (at + i - stretch.at()) / kPage;
                if (pages.empty() || pages.back() != page) pages.push_back(page);
              }
            });
  EXPECT_EQ(pages, (std::vector<std::size_t>{0, 1, 3, 4, 5, 6, 7}));
  unsigned char byte = 0;
  EXPECT_FALSE(walk.copy(stretch.at(2 * kPage), &byte, 1));
  EXPECT_FALSE(walk.copy(8, &byte, 1));
  EXPECT_TRUE(walk.copy(stretch.at(3 * kPage), &byte, 1));
  EXPECT_EQ(byte, 7);
}

TEST_P(MemoryWalkWays, files_that_became_shorter_do_no_harm) {
  MemoryWalk walk(GetParam());
  const int file = ::memfd_create("arenite_memory_walk", 0);
  ASSERT_EQ(::ftruncate(file, 4 * kPage), 0);
  const Stretch stretch(4, MAP_SHARED, file);
  std::memset(stretch.data, 1, stretch.bytes);
  ASSERT_EQ(::ftruncate(file, kPage), 0);
  std::size_t bytes = 0;
  walk.read(stretch.at(), stretch.at(stretch.bytes), Pages::all,
            [&](Address, const unsigned char*, std::size_t count) { bytes += count; });
  EXPECT_EQ(bytes, kPage);
  ::close(file);
}

TEST_P(MemoryWalkWays, does_not_touch_pages_never_written) {
  MemoryWalk walk(GetParam());
  const Stretch stretch(64);
  stretch.data[10 * kPage] = 1;
  stretch.data[11 * kPage] = 1;
  stretch.data[63 * kPage] = 1;
  const std::vector<int> times = seen(walk, stretch, Pages::own);
  if (!walk.knows_pages()) {
    EXPECT_EQ(times[0], 1);
    return;
  }
  for (std::size_t page = 0; page < 64; ++page)
    EXPECT_EQ(times[page * kPage], page == 10 || page == 11 || page == 63) << page;
}

TEST_P(MemoryWalkWays, tells_its_own_pages_from_shared_ones) {
  MemoryWalk walk(GetParam());
  const Stretch shared(2, MAP_SHARED | MAP_ANONYMOUS);
  shared.data[0] = shared.data[kPage] = 1;
  EXPECT_EQ(seen(walk, shared, Pages::own)[0], walk.knows_pages() ? 0 : 1);
  EXPECT_EQ(seen(walk, shared, Pages::all)[0], 1);
}

INSTANTIATE_TEST_SUITE_P(Each, MemoryWalkWays,
                         ::testing::Values(MemoryWays{}, MemoryWays{false, true, true},
                                           MemoryWays{true, true, false},
                                           MemoryWays{false, true, false}),
                         [](const auto& ways) {
                           return std::string(ways.param.by_call ? "call" : "file") +
                                  (ways.param.pagemap ? "_pagemap" : "");
                         });

TEST(MemoryWalk, without_any_way_is_not_usable) {
  const MemoryWalk walk({false, false, true});
  EXPECT_FALSE(walk.usable());
}

}  // namespace
}  // namespace arenite
