// SPDX-License-Identifier: MIT
#include "pool/bitmap.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/size_classes.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

/// A bitmap with words of its own, and the word behind it, which nobody may write.
class OwnBitmap {
 public:
  static constexpr std::uint64_t kBehind = 0x5ca1ab1e;

  explicit OwnBitmap(unsigned capacity)
      : words_(new BitmapWord<Native>[(capacity + 63) / 64 + 1]), bitmap_(words_.get(), capacity) {
    for (unsigned i = 0; i < bitmap_.word_count(); ++i) words_[i] = 0;
    words_[bitmap_.word_count()] = kBehind;
  }
  FreeBitmap& operator*() { return bitmap_; }
  FreeBitmap* operator->() { return &bitmap_; }
  std::uint64_t word(unsigned index) const { return words_[index]; }
  bool untouched_behind() const { return words_[bitmap_.word_count()] == kBehind; }

  std::vector<unsigned> take(unsigned wanted, unsigned group = 1) {
    std::vector<unsigned> taken;
    const unsigned count = bitmap_.take(wanted, group, [&](unsigned word, std::uint64_t bits) {
      EXPECT_NE(bits, 0u);
      for (; bits != 0; bits &= bits - 1) taken.push_back(word * 64 + lowest_bit(bits));
    });
    EXPECT_EQ(count, taken.size());
    return taken;
  }

  /// The word as it was.
  std::uint64_t give(unsigned block) {
    return bitmap_.give(block / 64, std::uint64_t{1} << (block % 64));
  }

 private:
  std::unique_ptr<BitmapWord<Native>[]> words_;
  FreeBitmap bitmap_;
};

std::vector<unsigned> from_to(unsigned first, unsigned end) {
  std::vector<unsigned> numbers(end - first);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

/// Every capacity a class of the geometry has.
template <class G>
class BitmapTest : public testing::Test {
 protected:
  static std::set<unsigned> capacities() {
    std::set<unsigned> all;
    for (const ClassFacts& facts : SizeClasses<G>::kFacts) all.insert(facts.capacity);
    return all;
  }
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(BitmapTest, Geometries);

TYPED_TEST(BitmapTest, FilledHasEveryBlockFreeAndNoneBeyondCapacity) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    EXPECT_FALSE(bitmap->any()) << capacity;
    EXPECT_FALSE(bitmap->all()) << capacity;
    bitmap->fill();
    EXPECT_TRUE(bitmap->any()) << capacity;
    EXPECT_TRUE(bitmap->all()) << capacity;
    EXPECT_EQ(bitmap.take(capacity + 64), from_to(0, capacity));
    EXPECT_FALSE(bitmap->any()) << capacity;
    EXPECT_TRUE(bitmap.untouched_behind());
  }
}

TYPED_TEST(BitmapTest, TakesTheLowestFirstAcrossWords) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    bitmap->fill();
    unsigned next = 0;
    for (unsigned wanted = 1; next < capacity; ++wanted) {
      const unsigned end = std::min(next + wanted, capacity);
      ASSERT_EQ(bitmap.take(wanted), from_to(next, end)) << "of " << capacity;
      next = end;
    }
    EXPECT_TRUE(bitmap.take(1).empty());
  }
}

TYPED_TEST(BitmapTest, TakesFromFreeGroupsOnly) {
  for (const unsigned capacity : this->capacities()) {
    if (capacity < 16) continue;
    OwnBitmap bitmap(capacity);
    bitmap->fill();
    EXPECT_EQ(bitmap.take(2), from_to(0, 2));
    EXPECT_EQ(bitmap.take(4, 4), from_to(4, 8)) << capacity;
    EXPECT_EQ(bitmap.take(1, 4), from_to(8, 9)) << capacity;
    EXPECT_EQ(bitmap.take(capacity, 4), from_to(12, capacity / 4 * 4)) << capacity;
    EXPECT_TRUE(bitmap.take(capacity, 4).empty());
    EXPECT_EQ(bitmap.take(3), (std::vector<unsigned>{2, 3, 9})) << capacity;
  }
}

TYPED_TEST(BitmapTest, TakingNoneTakesNone) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    bitmap->fill();
    EXPECT_TRUE(bitmap.take(0).empty());
    EXPECT_TRUE(bitmap->all());
  }
}

TYPED_TEST(BitmapTest, EachGivenBlockComesBackOnceAndOnlyIt) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    bitmap->fill();
    bitmap.take(capacity);
    for (unsigned block = 0; block < capacity; ++block) {
      bitmap.give(block);
      EXPECT_TRUE(bitmap->any());
      EXPECT_EQ(bitmap->all(), capacity == 1) << capacity;
      ASSERT_EQ(bitmap.take(capacity), std::vector<unsigned>{block});
    }
  }
}

TYPED_TEST(BitmapTest, GivingTellsTheWordAsItWas) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    EXPECT_EQ(bitmap.give(0), 0u);
    if (capacity > 1) {
      EXPECT_EQ(bitmap.give(1), 1u);
    }
    if (capacity > 64) {
      EXPECT_EQ(bitmap.give(64), 0u) << "another word";
    }
  }
}

TYPED_TEST(BitmapTest, DoubleGiftIsToldAndCanBeUndone) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    bitmap->fill();
    for (unsigned block = 0; block < capacity; block += 7) {
      const std::uint64_t bit = std::uint64_t{1} << (block % 64);
      EXPECT_NE(bitmap.give(block) & bit, 0u) << "a block that is free already";
      bitmap->take_back(block / 64, bit);
      ASSERT_TRUE(bitmap->all());
    }
    EXPECT_TRUE(bitmap.untouched_behind());
  }
}

TYPED_TEST(BitmapTest, AllIsTrueOnlyWhenTheLastBlockIsBack) {
  std::mt19937 random(7);
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    std::vector<unsigned> order = from_to(0, capacity);
    std::shuffle(order.begin(), order.end(), random);
    for (const unsigned block : order) {
      ASSERT_FALSE(bitmap->all()) << capacity;
      bitmap.give(block);
    }
    EXPECT_TRUE(bitmap->all()) << capacity;
  }
}

TYPED_TEST(BitmapTest, ValidBitsAreThoseOfTheCapacity) {
  for (const unsigned capacity : this->capacities()) {
    OwnBitmap bitmap(capacity);
    unsigned sum = 0;
    for (unsigned i = 0; i < bitmap->word_count(); ++i)
      sum += static_cast<unsigned>(std::popcount(bitmap->valid(i)));
    EXPECT_EQ(sum, capacity);
    EXPECT_NE(bitmap->valid(bitmap->word_count() - 1), 0u);
  }
}

// One thread takes, three give back at the same time: no block is ever handed out twice or lost.
TEST(BitmapThreadsTest, OneTakerAndSeveralGiversLoseNothing) {
  constexpr unsigned kCapacity = 128, kGivers = 3;
  constexpr int kRounds = 3000;
  OwnBitmap bitmap(kCapacity);
  bitmap->fill();
  std::vector<std::atomic<bool>> live(kCapacity);
  std::vector<std::atomic<unsigned>> mailbox(kCapacity);
  std::vector<unsigned> contents(kCapacity, 0);  // plain: the bitmap must order its users
  std::atomic<bool> done{false};
  std::atomic<int> doubled{0};

  std::vector<std::thread> givers;
  for (unsigned giver = 0; giver < kGivers; ++giver)
    givers.emplace_back([&, giver] {
      while (true) {
        const bool last = done;
        for (unsigned block = giver; block < kCapacity; block += kGivers)
          if (mailbox[block].exchange(0) != 0) {
            ++contents[block];
            live[block] = false;
            bitmap.give(block);
          }
        if (last) return;
      }
    });
  unsigned taken = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const unsigned block : bitmap.take(5)) {
      if (live[block].exchange(true)) ++doubled;
      ++contents[block];
      ++taken;
      mailbox[block] = 1;
    }
    if (round % 16 == 0) std::this_thread::yield();
  }
  done = true;
  for (std::thread& thread : givers) thread.join();

  EXPECT_EQ(doubled, 0);
  EXPECT_TRUE(bitmap->all());
  EXPECT_GT(taken, kCapacity) << "blocks went round";
  EXPECT_EQ(std::accumulate(contents.begin(), contents.end(), 0u), 2 * taken);
}

TEST(FreeBitmapTest, RunsOfFreeBlocksAreToldWholeAcrossWords) {
  using Runs = std::vector<std::pair<unsigned, unsigned>>;
  OwnBitmap bitmap(200);
  const auto runs = [&bitmap] {
    Runs found;
    bitmap->for_each_free_run(
        [&](unsigned first, unsigned end) { found.emplace_back(first, end); });
    return found;
  };
  EXPECT_EQ(runs(), Runs{});
  for (const unsigned block : {0u, 62u, 63u, 64u, 65u, 127u, 199u}) bitmap.give(block);
  EXPECT_EQ(runs(), (Runs{{0, 1}, {62, 66}, {127, 128}, {199, 200}}));
  bitmap->fill();
  EXPECT_EQ(runs(), (Runs{{0, 200}}));
  bitmap.take(1);
  EXPECT_EQ(runs(), (Runs{{1, 200}}));
}

}  // namespace
}  // namespace arenite
