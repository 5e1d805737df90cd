// SPDX-License-Identifier: MIT
#include "debug/memory/regions.hpp"

#include <array>
#include <cstring>

#include <gtest/gtest.h>

#include "debug/memory/in_process_view.hpp"

namespace arenite {
namespace {

TEST(Regions, merge_neighbours_and_know_their_edges) {
  Region storage[4];
  Regions regions(storage, 4);
  EXPECT_FALSE(regions.holds(0, 1));
  EXPECT_TRUE(regions.add(100, 200));
  EXPECT_TRUE(regions.add(200, 300));
  EXPECT_TRUE(regions.add(400, 500));
  EXPECT_TRUE(regions.add(500, 500));
  EXPECT_EQ(regions.end() - regions.begin(), 2);
  EXPECT_TRUE(regions.holds(100, 200));
  EXPECT_FALSE(regions.holds(99, 2));
  EXPECT_FALSE(regions.holds(100, 201));
  EXPECT_FALSE(regions.holds(300, 1));
  EXPECT_FALSE(regions.holds(450, ~std::size_t{0}));
  EXPECT_EQ(regions.overlap(0, 1000), 300u);
  EXPECT_EQ(regions.overlap(250, 450), 100u);
  EXPECT_EQ(regions.overlap(300, 400), 0u);
  EXPECT_TRUE(regions.complete());
}

TEST(Regions, say_when_they_are_incomplete) {
  Region storage[1];
  Regions regions(storage, 1);
  EXPECT_TRUE(regions.add(100, 200));
  EXPECT_FALSE(regions.add(300, 400));
  EXPECT_FALSE(regions.complete());
  Regions backwards(storage, 1);
  EXPECT_TRUE(backwards.add(100, 200));
  EXPECT_FALSE(backwards.add(50, 60));
}

TEST(InProcessView, reads_what_it_may_at_any_alignment_and_nothing_else) {
  alignas(8) std::array<unsigned char, 64> bytes;
  for (unsigned i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
  const Address at = reinterpret_cast<Address>(bytes.data());
  Region storage[1];
  Regions regions(storage, 1);
  regions.add(at, at + bytes.size());
  const InProcessView view(regions);
  for (unsigned from = 0; from < 64; ++from)
    for (unsigned count = 0; from + count <= 64; ++count) {
      std::array<unsigned char, 64> copy{};
      ASSERT_TRUE(view.read(at + from, copy.data(), count) || count == 0);
      ASSERT_EQ(std::memcmp(copy.data(), bytes.data() + from, count), 0);
    }
  unsigned char byte;
  EXPECT_FALSE(view.read(at - 1, &byte, 1));
  EXPECT_FALSE(view.read(at + 64, &byte, 1));
  EXPECT_FALSE(view.read(0, &byte, 1));
  EXPECT_FALSE(view.read(~Address{0}, &byte, 1));
}

}  // namespace
}  // namespace arenite
