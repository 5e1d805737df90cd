// SPDX-License-Identifier: MIT
#include "thread/shelf.hpp"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

template <class G>
class ShelfTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(range.reservation.commit_shelves()); }

  /// A burst too large for what room there is, and another.
  void burst(unsigned blocks) {
    EXPECT_FALSE(shelf.note_passed(blocks));
    shelf.note_missed(blocks);
  }

  FakeRange<G> range;
  Shelf<G> shelf{range.root, SizeClass{1}};
  ClassList<Native>& list = range.root.lists[1];
  const unsigned slots = range.root.classes[1].shelf_slots;
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(ShelfTest, Geometries);

TYPED_TEST(ShelfTest, CopiesOfAnyLengthAreWhole) {
  std::vector<std::uint64_t> from(40), to(40);
  std::iota(from.begin(), from.end(), 1);
  for (unsigned count = 0; count < from.size(); ++count) {
    std::fill(to.begin(), to.end(), 0);
    copy_slots(to.data(), from.data(), count);
    for (unsigned i = 0; i < to.size(); ++i) ASSERT_EQ(to[i], i < count ? i + 1 : 0) << count;
  }
}

TYPED_TEST(ShelfTest, HasNoRoomAtFirst) {
  EXPECT_FALSE(this->shelf.may_hold_blocks());
  EXPECT_FALSE(this->shelf.has_room(1));
}

TYPED_TEST(ShelfTest, BlocksThatOnlyComeBackMakeNoRoom) {
  EXPECT_FALSE(this->shelf.note_passed(3));
  EXPECT_FALSE(this->shelf.has_room(1));
}

TYPED_TEST(ShelfTest, BlocksThatAreOnlyAskedForMakeNoRoom) {
  this->shelf.note_missed(3);
  EXPECT_FALSE(this->shelf.has_room(1));
}

TYPED_TEST(ShelfTest, RoomIsMadeForWhatCameBackAndWasAskedForAgain) {
  this->burst(3);
  EXPECT_TRUE(this->shelf.has_room(3));
  EXPECT_FALSE(this->shelf.has_room(4));
  this->shelf.note_missed(3);
  EXPECT_FALSE(this->shelf.has_room(4)) << "nothing passed since";
}

TYPED_TEST(ShelfTest, RoomEndsWithTheSlots) {
  for (int i = 0; i < 3; ++i) this->burst(this->slots);
  EXPECT_TRUE(this->shelf.has_room(this->slots));
  EXPECT_FALSE(this->shelf.has_room(this->slots + 1));
}

TYPED_TEST(ShelfTest, YoungestComeOutFirstInTheOrderTheyCame) {
  this->burst(5);
  const std::uint64_t blocks[] = {16, 32, 48, 64, 80};
  this->shelf.put(blocks, 3);
  this->shelf.put(blocks + 3, 2);
  EXPECT_FALSE(this->shelf.has_room(1));
  std::uint64_t taken[8] = {};
  EXPECT_EQ(this->shelf.take(taken, 4), 4u);
  EXPECT_EQ(std::vector(taken, taken + 4), (std::vector<std::uint64_t>{32, 48, 64, 80}));
  EXPECT_EQ(this->shelf.take(taken, 8), 1u);
  EXPECT_EQ(taken[0], 16u);
  EXPECT_EQ(this->shelf.take(taken, 8), 0u);
  EXPECT_FALSE(this->shelf.may_hold_blocks());
}

TYPED_TEST(ShelfTest, RoomIsTakenAwayWhenMuchMoreComesBackThanItHolds) {
  this->burst(this->slots);
  bool given_up = false;
  for (int i = 0; i < 5 && !given_up; ++i) given_up = this->shelf.note_passed(this->slots);
  EXPECT_TRUE(given_up);
  EXPECT_FALSE(this->shelf.has_room(1));
  EXPECT_FALSE(this->shelf.note_passed(this->slots)) << "there is nothing left to give up";
}

}  // namespace
}  // namespace arenite
