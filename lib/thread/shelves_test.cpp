// SPDX-License-Identifier: MIT
#include "thread/shelves.hpp"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

/// A full array that stands alone.
class OneArray {
 public:
  explicit OneArray(unsigned count) : words_(kArrayHeaderBytes / 8 + count) {
    get().set_count(count);
  }
  BlockArray get() { return {reinterpret_cast<ThreadBlock>(words_.data()), 0}; }

 private:
  std::vector<std::uint64_t> words_;
};

template <class G>
class ShelvesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(range.reservation.commit_shelves()); }

  /// A burst too large for what room there is, and another.
  void burst(unsigned blocks) {
    EXPECT_FALSE(shelves.note_passed(blocks));
    shelves.note_missed(blocks);
  }

  /// Puts so many blocks, numbered from `first` on, out of an array that keeps two others.
  void put(unsigned shelf, std::uint64_t first, unsigned count) {
    OneArray array(count + 2);
    for (unsigned i = 0; i < count; ++i) array.get().set_slot(2 + i, first + i);
    ASSERT_TRUE(shelves.put(shelf, array.get(), 2));
    EXPECT_EQ(array.get().count(), 2u);
  }
  std::vector<std::uint64_t> take(unsigned own, unsigned wanted) {
    std::vector<std::uint64_t> taken(wanted);
    taken.resize(shelves.take(own, taken.data(), wanted));
    return taken;
  }

  FakeRange<G> range;
  Shelves<G> shelves{range.root, SizeClass{1}};
  ClassList<Native>& list = range.root.lists[1];
  const unsigned slots = range.root.classes[1].shelf_slots;
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(ShelvesTest, Geometries);

TYPED_TEST(ShelvesTest, CopiesOfAnyLengthAreWhole) {
  std::vector<std::uint64_t> from(40), to(40);
  std::iota(from.begin(), from.end(), 1);
  for (unsigned count = 0; count < from.size(); ++count) {
    std::fill(to.begin(), to.end(), 0);
    copy_slots(to.data(), from.data(), count);
    for (unsigned i = 0; i < to.size(); ++i) ASSERT_EQ(to[i], i < count ? i + 1 : 0) << count;
  }
}

TYPED_TEST(ShelvesTest, HasNoRoomAtFirst) {
  EXPECT_FALSE(this->shelves.may_hold_blocks());
  EXPECT_FALSE(this->shelves.may_have_room(0, 1));
}

TYPED_TEST(ShelvesTest, BlocksThatOnlyComeBackMakeNoRoom) {
  EXPECT_FALSE(this->shelves.note_passed(3));
  EXPECT_FALSE(this->shelves.may_have_room(0, 1));
}

TYPED_TEST(ShelvesTest, BlocksThatAreOnlyAskedForMakeNoRoom) {
  this->shelves.note_missed(3);
  EXPECT_FALSE(this->shelves.may_have_room(0, 1));
}

TYPED_TEST(ShelvesTest, RoomIsMadeForWhatCameBackAndWasAskedForAgain) {
  this->burst(3);
  EXPECT_TRUE(this->shelves.may_have_room(0, 3));
  EXPECT_FALSE(this->shelves.may_have_room(0, 4));
  this->shelves.note_missed(3);
  EXPECT_FALSE(this->shelves.may_have_room(0, 4)) << "nothing passed since";
}

TYPED_TEST(ShelvesTest, RoomEndsWithTheSlots) {
  for (int i = 0; i < 3; ++i) this->burst(this->slots);
  EXPECT_TRUE(this->shelves.may_have_room(0, this->slots));
  EXPECT_FALSE(this->shelves.may_have_room(0, this->slots + 1));
}

TYPED_TEST(ShelvesTest, ThreadsAreSpreadOverThem) {
  EXPECT_EQ(own_shelf(0), 0u);
  EXPECT_EQ(own_shelf(1), 1u);
  EXPECT_EQ(own_shelf(2), 0u);
}

TYPED_TEST(ShelvesTest, TheLastThatCameGoFirst) {
  for (const unsigned own : {0u, 1u}) {
    this->burst(5);
    this->put(own, 1, 3);
    this->put(own, 4, 2);
    EXPECT_FALSE(this->shelves.may_have_room(own, 1));
    EXPECT_EQ(this->take(own, 2), (std::vector<std::uint64_t>{4, 5}));
    EXPECT_EQ(this->take(own, 8), (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_TRUE(this->take(own, 8).empty());
    EXPECT_FALSE(this->shelves.may_hold_blocks());
    this->shelves.note_passed(5);
    this->list.shelf_room.store(0);
  }
}

TYPED_TEST(ShelvesTest, APartOfWhatIsThereLeavesTheRest) {
  this->burst(10);
  this->put(0, 1, 5);
  EXPECT_EQ(this->take(0, 4), (std::vector<std::uint64_t>{2, 3, 4, 5}));
  EXPECT_EQ(this->take(0, 4), (std::vector<std::uint64_t>{1}));
  this->put(1, 1, 3);
  this->put(1, 4, 2);
  EXPECT_EQ(this->take(1, 4), (std::vector<std::uint64_t>{4, 5, 1, 2})) << "the last batch first";
  EXPECT_EQ(this->take(1, 4), (std::vector<std::uint64_t>{3}));
}

TYPED_TEST(ShelvesTest, EitherHoldsAllThereIsRoomForAlone) {
  for (const unsigned shelf : {0u, 1u}) {
    this->list.shelf_room.store(this->slots);
    this->put(shelf, 1, this->slots);
    OneArray one_more(1);
    EXPECT_FALSE(this->shelves.put(shelf ^ 1, one_more.get(), 0)) << "the room is for both";
    const std::vector<std::uint64_t> taken = this->take(shelf, this->slots);
    ASSERT_EQ(taken.size(), this->slots);
    for (unsigned i = 0; i < this->slots; ++i) ASSERT_EQ(taken[i], i + 1);
  }
}

TYPED_TEST(ShelvesTest, NeighboursDoNotMeet) {
  // The first upwards of one class and the second of the next, and both ends of the table.
  constexpr std::uint8_t kLast = SizeClasses<TypeParam>::kCount - 1;
  const auto fill = [&](std::uint8_t size_class, unsigned shelf, std::uint64_t first) {
    const unsigned count = this->range.root.classes[size_class].shelf_slots;
    this->range.root.lists[size_class].shelf_room.store(count);
    OneArray array(count);
    for (unsigned i = 0; i < count; ++i) array.get().set_slot(i, first + i);
    ASSERT_TRUE(
        (Shelves<TypeParam>(this->range.root, SizeClass{size_class}).put(shelf, array.get(), 0)));
  };
  const auto expect = [&](std::uint8_t size_class, unsigned shelf, std::uint64_t first) {
    const unsigned count = this->range.root.classes[size_class].shelf_slots;
    std::vector<std::uint64_t> taken(count);
    Shelves<TypeParam> of_class(this->range.root, SizeClass{size_class});
    ASSERT_EQ(of_class.take(shelf, taken.data(), count), count);
    for (unsigned i = 0; i < count; ++i) ASSERT_EQ(taken[i], first + i);
  };
  fill(0, 1, 10000), fill(1, 0, 20000), fill(2, 1, 30000), fill(kLast, 0, 40000);
  expect(0, 1, 10000), expect(1, 0, 20000), expect(2, 1, 30000), expect(kLast, 0, 40000);
}

TYPED_TEST(ShelvesTest, BothHoldAllThereIsRoomForWithoutTouchingEachOther) {
  this->burst(this->slots);
  for (unsigned first = 0; first < 2; ++first) {
    const unsigned half = this->slots / 2, rest = this->slots - half;
    this->put(first, 1, half);
    this->put(first ^ 1, 1001, rest);
    OneArray one_more(1);
    EXPECT_FALSE(this->shelves.put(0, one_more.get(), 0)) << "the room is for both together";
    std::vector<std::uint64_t> own = this->take(first, half), other = this->take(first ^ 1, rest);
    for (unsigned i = 0; i < half; ++i) ASSERT_EQ(own[i], i + 1);
    for (unsigned i = 0; i < rest; ++i) ASSERT_EQ(other[i], i + 1001);
  }
}

TYPED_TEST(ShelvesTest, OthersTakeWhatAShelfHasToSpare) {
  const unsigned spared = 2u * this->range.root.classes[1].slots;
  if (spared + 3 > this->slots) GTEST_SKIP() << "no shelf of this geometry has anything to spare";
  this->burst(this->slots);
  this->put(1, 1, spared + 3);
  EXPECT_EQ(this->take(0, 2).size(), 2u);
  EXPECT_EQ(this->take(0, 2).size(), 1u) << "so many are left to the shelf's own threads";
  EXPECT_TRUE(this->take(0, 2).empty());
  EXPECT_EQ(this->take(1, spared).size(), spared);
}

TYPED_TEST(ShelvesTest, OwnBlocksComeBeforeThoseOfOthers) {
  this->burst(this->slots);
  this->put(1, 1, this->slots - 1);
  this->put(0, 1001, 1);
  EXPECT_EQ(this->take(0, 4), (std::vector<std::uint64_t>{1001}));
}

TYPED_TEST(ShelvesTest, LargerBlocksAreForAll) {
  using Classes = SizeClasses<TypeParam>;
  if (Classes::kBlocks.back() <= 8 * kLineBytes) GTEST_SKIP() << "there are none";
  std::uint8_t large = 0;
  while (Classes::kBlocks[large] <= 8 * kLineBytes) ++large;
  Shelves<TypeParam> of_large(this->range.root, SizeClass{large});
  of_large.note_passed(1);
  of_large.note_missed(1);
  OneArray array(1);
  array.get().set_slot(0, 77);
  ASSERT_TRUE(of_large.put(1, array.get(), 0));
  std::uint64_t taken = 0;
  EXPECT_EQ(of_large.take(0, &taken, 1), 1u);
  EXPECT_EQ(taken, 77u);
}

TYPED_TEST(ShelvesTest, WhatThereIsNoRoomForStaysInTheArray) {
  this->burst(3);
  OneArray array(4);
  EXPECT_FALSE(this->shelves.put(0, array.get(), 0));
  EXPECT_EQ(array.get().count(), 4u);
  EXPECT_FALSE(this->shelves.may_hold_blocks());
  EXPECT_TRUE(this->shelves.put(0, array.get(), 1));
  EXPECT_FALSE(this->shelves.put(0, array.get(), 0));
}

TYPED_TEST(ShelvesTest, AnyAreHadFromBoth) {
  this->burst(3);
  this->put(0, 1, 1);
  this->put(1, 2, 2);
  std::uint64_t taken[4];
  EXPECT_EQ(this->shelves.take_any(taken, 4), 1u);
  EXPECT_EQ(this->shelves.take_any(taken, 4), 2u);
  EXPECT_EQ(this->shelves.take_any(taken, 4), 0u);
}

TYPED_TEST(ShelvesTest, RoomIsTakenAwayWhenMuchMoreComesBackThanItHolds) {
  this->burst(this->slots);
  bool given_up = false;
  for (int i = 0; i < 5 && !given_up; ++i) given_up = this->shelves.note_passed(this->slots);
  EXPECT_TRUE(given_up);
  EXPECT_FALSE(this->shelves.may_have_room(0, 1));
  EXPECT_FALSE(this->shelves.note_passed(this->slots)) << "there is nothing left to give up";
}

}  // namespace
}  // namespace arenite
