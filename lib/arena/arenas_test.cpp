// SPDX-License-Identifier: MIT
#include "arena/arenas.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "arena/fake_range.hpp"
#include "base/caught_fatal.hpp"
#include "geometry/classic.hpp"
#include "geometry/production.hpp"
#include "geometry/tiny.hpp"

namespace arenite {
namespace {

template <class G>
class ArenasTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kRetained = G::kRetainedPools;

  std::vector<PoolIndex> take(std::uint32_t count) {
    std::vector<PoolIndex> pools;
    for (std::uint32_t i = 0; i < count; ++i) pools.push_back(range.lists.take_pool());
    return pools;
  }
  void give(std::uint32_t pool) { range.lists.give(PoolIndex{pool}, 1); }
  std::string findings() const { return arena_findings<G>(range.root); }
  ArenaDescriptor<Native>& arena(std::uint32_t index) {
    return range.tables.arena(ArenaIndex{index});
  }

  FakeRange<G> range;
};
using Geometries = testing::Types<Tiny, Classic, Production>;
TYPED_TEST_SUITE(ArenasTest, Geometries);

// ---- arenas and the pools in them ----

TYPED_TEST(ArenasTest, AnArenaIs64Pools) {
  this->take(1);
  EXPECT_EQ(this->range.tables.arena_count(), 1u);
  this->take(63);
  EXPECT_EQ(this->range.tables.arena_count(), 1u);
  this->take(1);
  EXPECT_EQ(this->range.tables.arena_count(), 2u);
  EXPECT_EQ(this->findings(), "");
}

// M6: an arena of 256 KiB is 64 pools of 4 KiB.
TEST(ClassicArenasTest, AnArenaIs256KiBOf64PoolsOf4KiB) {
  FakeRange<Classic> range;
  std::set<Address> addresses;
  for (int i = 0; i < 64; ++i) addresses.insert(range.tables.pool_address(range.lists.take_pool()));
  EXPECT_EQ(addresses.size(), 64u);
  EXPECT_EQ(range.root.range.committed, 256u << 10);
  EXPECT_EQ(*addresses.begin(), range.root.range.address);
  EXPECT_EQ(*addresses.rbegin(), range.root.range.address + (252u << 10));
  for (const Address address : addresses) EXPECT_EQ(address % 4096, 0u);
}

TYPED_TEST(ArenasTest, LowestPoolsComeFirstAndEachOnce) {
  for (std::uint32_t i = 0; i < 4 * kArenaPools; ++i)
    ASSERT_EQ(this->range.lists.take_pool(), PoolIndex{i});
}

TYPED_TEST(ArenasTest, FullRangeGivesNoneAndGoesOnAfterAGive) {
  this->take(4 * kArenaPools);
  EXPECT_EQ(this->range.lists.take_pool(), PoolIndex{kNone});
  EXPECT_EQ(this->findings(), "");
  this->give(100);
  EXPECT_EQ(this->range.lists.take_pool(), PoolIndex{100});
  EXPECT_EQ(this->range.lists.take_pool(), PoolIndex{kNone});
}

// C6: the fullest arena that still has a free pool is used first.
TYPED_TEST(ArenasTest, C6FullestArenaIsUsedFirst) {
  this->take(3 * kArenaPools);
  for (const std::uint32_t pool : {0u, 1u, 2u}) this->give(pool);  // arena 0: three free
  this->give(kArenaPools + 9);                                     // arena 1: one
  for (const std::uint32_t pool : {3u, 4u}) this->give(2 * kArenaPools + pool);  // arena 2: two
  std::vector<std::uint32_t> from;
  for (int i = 0; i < 6; ++i) from.push_back(this->range.lists.take_pool().value / kArenaPools);
  EXPECT_EQ(from, (std::vector<std::uint32_t>{1, 2, 2, 0, 0, 0}));
}

TYPED_TEST(ArenasTest, C6OrderFollowsTheNumbersAsTheyChange) {
  this->take(2 * kArenaPools);
  this->give(0);
  this->give(kArenaPools);
  this->give(kArenaPools + 1);
  EXPECT_EQ(this->range.lists.take_pool().value / kArenaPools, 0u);
  this->give(0);
  this->give(1);
  this->give(2);
  EXPECT_EQ(this->range.lists.take_pool().value / kArenaPools, 1u);
}

TYPED_TEST(ArenasTest, PoolWhosePagesAreStillThereIsPreferred) {
  this->take(3);
  this->give(0);
  this->range.lists.purge(0);  // pool 0 is free, its pages are gone
  this->give(2);               // pool 2 is free and dirty
  EXPECT_EQ(this->range.lists.take_pool(), PoolIndex{2});
  EXPECT_EQ(this->range.lists.take_pool(), PoolIndex{0});
}

TYPED_TEST(ArenasTest, StretchesOfPoolsAreGivenAcrossArenas) {
  this->take(3 * kArenaPools);
  this->range.lists.give(PoolIndex{60}, 2 * kArenaPools);
  EXPECT_EQ(this->arena(0).free_pools, ~std::uint64_t{0} << 60);
  EXPECT_EQ(this->arena(1).free_pools, ~std::uint64_t{0});
  EXPECT_EQ(this->arena(2).free_pools, low_bits(60));
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(ArenasTest, StretchVisitsEachPoolOnce) {
  using Lists = Arenas<TypeParam, typename FakeRange<TypeParam>::Pages>;
  for (std::uint32_t first = 0; first < 130; first += 13)
    for (std::uint32_t count = 1; count < 200; count += 7) {
      std::set<std::uint32_t> pools;
      Lists::for_each_arena(PoolIndex{first}, count, [&](ArenaIndex arena, std::uint64_t part) {
        EXPECT_NE(part, 0u);
        for (; part != 0; part &= part - 1)
          EXPECT_TRUE(pools.insert(arena.value * kArenaPools + lowest_bit(part)).second);
      });
      ASSERT_EQ(pools.size(), count);
      EXPECT_EQ(*pools.begin(), first);
      EXPECT_EQ(*pools.rbegin(), first + count - 1);
    }
}

TYPED_TEST(ArenasTest, ListsHoldThroughRandomTakesAndGives) {
  std::mt19937 random(42);
  std::set<std::uint32_t> taken;
  for (int step = 0; step < 3000; ++step) {
    const bool growing = step / 500 % 2 == 0;
    if (taken.empty() || random() % 3 < (growing ? 2u : 1u)) {
      const PoolIndex pool = this->range.lists.take_pool();
      if (pool.value == kNone) {
        ASSERT_EQ(taken.size(), 4 * kArenaPools);
      } else {
        ASSERT_TRUE(taken.insert(pool.value).second) << "taken twice";
      }
    } else {
      auto one = taken.lower_bound(static_cast<std::uint32_t>(random() % (4 * kArenaPools)));
      if (one == taken.end()) one = taken.begin();
      this->give(*one);
      taken.erase(one);
    }
    ASSERT_EQ(this->findings(), "") << "step " << step;
    ASSERT_EQ(this->range.root.used_pools, taken.size());
  }
}

// ---- the judge itself ----

TYPED_TEST(ArenasTest, JudgeFindsWhatIsBroken) {
  this->take(kArenaPools + 3);
  this->give(2);
  ASSERT_EQ(this->findings(), "");
  HeapRoot<Native>& root = this->range.root;

  std::swap(root.arena_lists[1], root.arena_lists[5]);
  EXPECT_EQ(this->findings(), "an arena stands in the list for another number of free pools");
  std::swap(root.arena_lists[1], root.arena_lists[5]);

  const std::uint32_t head = root.arena_lists[1];
  root.arena_lists[1] = kNone;
  EXPECT_EQ(this->findings(), "an arena stands in no list");
  root.arena_lists[1] = 77;
  EXPECT_EQ(this->findings(), "a list leads to an arena that is not there");
  root.arena_lists[1] = head;

  this->arena(0).next = 0;
  EXPECT_EQ(this->findings(), "an arena stands in lists twice");
  this->arena(0).next = kNone;
  this->arena(0).previous = 1;
  EXPECT_EQ(this->findings(), "a list does not link both ways");
  this->arena(0).previous = kNone;

  ++root.dirty_pools;
  EXPECT_EQ(this->findings(), "the number of dirty pools is not the sum over arenas");
  --root.dirty_pools;
  ++root.used_pools;
  EXPECT_EQ(this->findings(), "the number of used pools is wrong");
  --root.used_pools;

  this->arena(0).dirty_pools ^= 2;
  EXPECT_EQ(this->findings(), "a dirty pool is not free");
  this->arena(0).dirty_pools ^= 2;
  this->arena(0).decommitted_pools = 2;
  EXPECT_EQ(this->findings(), "a decommitted pool is used");
  this->arena(0).decommitted_pools = 4;
  EXPECT_EQ(this->findings(), "a decommitted pool is dirty");
  this->arena(0).decommitted_pools = 0;
  EXPECT_EQ(this->findings(), "");
}

#ifndef NDEBUG
TYPED_TEST(ArenasTest, PoolsThatAreNotFreeCannotBeTakenNorFreeOnesGiven) {
  this->take(2);
  EXPECT_EQ(fatal_message([&] { this->range.lists.take(ArenaIndex{0}, 2); }),
            "assertion failed: (arena.free_pools & pools) == pools");
  EXPECT_EQ(fatal_message([&] { this->give(5); }),
            "assertion failed: (arena.free_pools & part) == 0");
}
#endif

TYPED_TEST(ArenasTest, NextListIsTheFirstFromThereThatHoldsAnArena) {
  this->take(3 * kArenaPools);
  EXPECT_GT(this->range.lists.next_list(1), kArenaPools) << "all arenas are full";
  for (const std::uint32_t free : {1u, 9u, 41u})
    for (std::uint32_t pool = 0; pool < free; ++pool) this->give(free % 3 * kArenaPools + pool);
  for (unsigned list = 0; list <= kArenaPools; ++list) {
    unsigned next = list;
    while (next <= kArenaPools && this->range.root.arena_lists[next] == kNone) ++next;
    EXPECT_EQ(this->range.lists.next_list(list), next) << list;
  }
}

// ---- giving pages back ----

TYPED_TEST(ArenasTest, PagesStayUntilMorePoolsAreFreeThanAreRetained) {
  const std::uint32_t retained = this->kRetained;
  const auto pools = this->take(retained + 1);
  for (std::uint32_t i = 0; i < retained; ++i) this->give(pools[i].value);
  EXPECT_EQ(this->range.memory.decommits, 0u);
  EXPECT_EQ(this->range.root.dirty_pools, retained);
  this->give(pools[retained].value);
  EXPECT_GT(this->range.memory.decommits, 0u);
  EXPECT_LE(this->range.root.dirty_pools, retained / 2);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(ArenasTest, FreshPoolsAreNeitherDirtyNorGivenBack) {
  this->take(1);
  EXPECT_EQ(this->range.root.dirty_pools, 0u);
  EXPECT_FALSE(this->range.lists.purge(0));
  EXPECT_EQ(this->range.memory.decommits, 0u);
}

TYPED_TEST(ArenasTest, TakingTellsWhichPoolsMayHoldOldContents) {
  this->take(4);
  this->give(1);
  this->give(3);
  EXPECT_EQ(this->range.lists.take(ArenaIndex{0}, 0b11010), 0b01010u);
  this->give(1);
  this->range.lists.purge(0);
  EXPECT_EQ(this->range.lists.take(ArenaIndex{0}, 0b00010), 0u);
}

TYPED_TEST(ArenasTest, PurgeEmptiesTheEmptiestArenaFirst) {
  this->range.root.retain_pools = 1000;
  this->take(2 * kArenaPools);
  for (std::uint32_t pool = 0; pool < 5; ++pool) this->give(pool);
  for (std::uint32_t pool = 0; pool < 10; ++pool) this->give(kArenaPools + pool);
  EXPECT_TRUE(this->range.lists.purge(5));
  EXPECT_EQ(this->arena(0).dirty_pools, low_bits(5));
  EXPECT_EQ(this->arena(1).dirty_pools, 0u);
  EXPECT_EQ(this->arena(1).decommitted_pools, low_bits(10));
  EXPECT_EQ(this->findings(), "");
  EXPECT_FALSE(this->range.lists.purge(5)) << "nothing left to give";
}

TYPED_TEST(ArenasTest, OneCallForEachUnbrokenStretch) {
  this->range.root.retain_pools = 1000;
  this->take(kArenaPools);
  for (const std::uint32_t pool : {0u, 1u, 2u, 10u, 62u, 63u}) this->give(pool);
  this->range.lists.purge(0);
  EXPECT_EQ(this->range.memory.decommits, 3u);
  EXPECT_EQ(this->range.root.decommits, 3u);
  EXPECT_EQ(this->arena(0).decommitted_pools, this->arena(0).free_pools);
}

TYPED_TEST(ArenasTest, PurgedPagesReadAsZeroAndUsedNeighboursKeepTheirs) {
  const auto pools = this->take(3);
  for (const PoolIndex pool : pools)
    std::memset(reinterpret_cast<void*>(this->range.tables.pool_address(pool)), 0xab,
                TypeParam::kPoolBytes);
  this->give(1);
  this->range.lists.purge(0);
  const auto sum = [&](PoolIndex pool) {
    const auto* bytes =
        reinterpret_cast<const unsigned char*>(this->range.tables.pool_address(pool));
    return std::count(bytes, bytes + TypeParam::kPoolBytes, 0xab);
  };
  EXPECT_EQ(sum(pools[0]), static_cast<std::ptrdiff_t>(TypeParam::kPoolBytes));
  EXPECT_EQ(sum(pools[1]), 0);
  EXPECT_EQ(sum(pools[2]), static_cast<std::ptrdiff_t>(TypeParam::kPoolBytes));
}

TYPED_TEST(ArenasTest, PoolsMissedAfterGivingBackMakeItRetainMore) {
  this->take(3);
  this->give(0);
  this->give(1);
  this->range.lists.purge(0);
  const std::uint32_t before = this->range.root.retain_pools;
  this->take(2);
  EXPECT_EQ(this->range.root.retain_pools, before + 2);
  this->take(1);
  EXPECT_EQ(this->range.root.retain_pools, before + 2) << "a fresh pool was not missed";
}

TYPED_TEST(ArenasTest, RetainingShrinksByASixteenthDownToTheGeometrysLeast) {
  const std::uint32_t least = this->kRetained;
  this->range.root.retain_pools = least + 16;
  this->take(4 * kArenaPools);
  std::uint32_t before = least + 16, purges = 0;
  for (std::uint32_t pool = 0; pool < 4 * kArenaPools; ++pool) {
    this->give(pool);
    const std::uint32_t now = this->range.root.retain_pools;
    if (now == before) continue;
    ++purges;
    EXPECT_EQ(now, std::max(least, before - before / 16));
    before = now;
  }
  EXPECT_GT(purges, 0u);
  EXPECT_GE(this->range.root.retain_pools, least);
}

TYPED_TEST(ArenasTest, ProgramThatBreathesStopsGivingPagesBack) {
  const std::uint32_t breath = this->kRetained * 2;
  std::uint64_t last = 0, calls = 0;
  for (int round = 0; round < 40; ++round) {
    const auto pools = this->take(breath);
    for (const PoolIndex pool : pools) this->give(pool.value);
    calls = this->range.root.decommits - last;
    last = this->range.root.decommits;
    if (round == 0) {
      EXPECT_GT(calls, 0u) << "the first breath is given back";
    }
  }
  EXPECT_EQ(calls, 0u);
}

TYPED_TEST(ArenasTest, UpToAQuarterOfWhatIsInUseIsKept) {
  const std::uint32_t pools = 4 * kArenaPools;
  this->range.root.retain_pools = 1;
  this->take(pools);
  std::uint32_t freed = 0;
  while (this->range.root.decommits == 0) this->give(freed++);
  EXPECT_EQ(freed, pools / 5 + 1) << "one more than a quarter of what is left";
  EXPECT_EQ(this->range.root.dirty_pools, std::max(this->kRetained, (pools - freed) / 4) / 2);
  while (freed < pools) this->give(freed++);
  EXPECT_LE(this->range.root.dirty_pools, this->kRetained);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(ArenasTest, CleanPoolsAreFreeAndNotDirty) {
  this->take(5);
  this->range.lists.give_clean(PoolIndex{1}, 3);
  EXPECT_EQ(this->arena(0).free_pools & low_bits(5), 0b01110u);
  EXPECT_EQ(this->arena(0).dirty_pools, 0u);
  EXPECT_EQ(this->arena(0).decommitted_pools, 0u);
  EXPECT_EQ(this->range.root.dirty_pools, 0u);
  EXPECT_EQ(this->range.root.used_pools, 2u);
  EXPECT_EQ(this->findings(), "");
  const std::uint32_t retained = this->range.root.retain_pools;
  EXPECT_EQ(this->range.lists.take(ArenaIndex{0}, 0b00110), 0u);
  EXPECT_EQ(this->range.root.retain_pools, retained) << "nobody gave them back too early";
}

TYPED_TEST(ArenasTest, PurgeStopsWithinAStretchWhereEnoughIsLeft) {
  this->range.root.retain_pools = 1000;
  this->take(kArenaPools);
  for (std::uint32_t pool = 0; pool < 10; ++pool) this->give(pool);
  EXPECT_TRUE(this->range.lists.purge(4));
  EXPECT_EQ(this->range.memory.decommits, 1u);
  EXPECT_EQ(this->arena(0).decommitted_pools, low_bits(6));
  EXPECT_EQ(this->arena(0).dirty_pools, low_bits(4) << 6);
  EXPECT_EQ(this->findings(), "");
}

// ---- refusals ----

TYPED_TEST(ArenasTest, RefusedDecommitLeavesPoolsDirtyForTheNextPurge) {
  this->take(3);
  this->give(0);
  this->give(2);
  this->range.refuse(1000);
  EXPECT_FALSE(this->range.lists.purge(0));
  EXPECT_EQ(this->range.root.dirty_pools, 2u);
  EXPECT_EQ(this->arena(0).decommitted_pools, 0u);
  this->range.allow();
  EXPECT_TRUE(this->range.lists.purge(0));
  EXPECT_EQ(this->range.root.dirty_pools, 0u);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(ArenasTest, RefusedStretchDoesNotKeepTheOthersFromBeingGiven) {
  this->take(3);
  this->give(0);
  this->give(2);
  this->range.refuse(1);
  EXPECT_TRUE(this->range.lists.purge(0));
  EXPECT_EQ(this->arena(0).dirty_pools, 1u);
  EXPECT_EQ(this->arena(0).decommitted_pools, 4u);
  EXPECT_EQ(this->findings(), "");
}

TYPED_TEST(ArenasTest, EveryRefusedCommitGivesNoneAndCanBeRepeated) {
  std::uint64_t refusals = 0;
  for (std::uint64_t n = 1;; ++n) {
    FakeRange<TypeParam> own;
    own.plan.first = own.plan.asked + n;
    const PoolIndex pool = own.lists.take_pool();
    EXPECT_EQ(arena_findings<TypeParam>(own.root), "");
    if (pool.value != kNone) break;
    ++refusals;
    EXPECT_EQ(own.tables.arena_count(), 0u);
    EXPECT_EQ(own.lists.take_pool(), PoolIndex{0}) << "after refusal " << n;
  }
  EXPECT_EQ(refusals, 4u) << "three tables and the range; class bytes are there from the start";
}

TYPED_TEST(ArenasTest, GenerousStepIsRepeatedForWhatIsNeededWhenRefused) {
  FakeRange<TypeParam> own(16);
  for (std::uint32_t i = 0; i < 8; ++i) {
    own.lists.extend(1);
    ASSERT_EQ(own.tables.arena_count(), i + 1);
  }
  own.refuse(1);
  EXPECT_TRUE(own.lists.extend(1));
  EXPECT_EQ(own.tables.arena_count(), 9u) << "one instead of two";
  EXPECT_TRUE(own.lists.extend(1));
  EXPECT_EQ(own.tables.arena_count(), 11u) << "a quarter of nine";
  EXPECT_EQ(arena_findings<TypeParam>(own.root), "");
}

TYPED_TEST(ArenasTest, ExtendStopsAtTheEndOfTheRange) {
  EXPECT_FALSE(this->range.lists.extend(5));
  EXPECT_EQ(this->range.tables.arena_count(), 0u);
  EXPECT_TRUE(this->range.lists.extend(4));
  EXPECT_FALSE(this->range.lists.extend(1));
  EXPECT_EQ(this->findings(), "");
}

// ---- the reservation ----

TYPED_TEST(ArenasTest, TablesAndRangeLieApartBetweenGuardRegions) {
  const HeapRoot<Native>& root = this->range.root;
  struct Part {
    Address begin, end;
  };
  const auto part = [](const Stretch<Native>& stretch) {
    return Part{stretch.address, stretch.address + stretch.bytes};
  };
  const Part parts[] = {part(root.arenas),  part(root.class_bytes), part(root.pools),
                        part(root.bitmaps), part(root.shelves),     part(root.threads),
                        part(root.range)};
  Address end = root.reservation + root.guard_bytes;
  for (const Part& one : parts) {
    EXPECT_GE(one.begin, end);
    EXPECT_GT(one.end, one.begin);
    EXPECT_EQ(one.begin % TypeParam::kPageBytes, 0u);
    end = one.end;
  }
  EXPECT_GE(root.guard_bytes, TypeParam::kPoolBytes);
  EXPECT_GE(root.range.address - (root.threads.address + root.threads.bytes), root.guard_bytes);
  EXPECT_EQ(end + root.guard_bytes, root.reservation + root.reservation_bytes);
  EXPECT_EQ(root.range.address % kArenaBytes<TypeParam>, 0u);
}

TYPED_TEST(ArenasTest, TablesHaveRoomForTheWholeRange) {
  EXPECT_TRUE(this->range.lists.extend(4));
  const HeapRoot<Native>& root = this->range.root;
  const std::size_t pools = 4 * kArenaPools;
  EXPECT_GE(root.arenas.committed, 4 * sizeof(ArenaDescriptor<Native>));
  EXPECT_GE(root.class_bytes.committed, pools);
  EXPECT_GE(root.pools.committed, pools * sizeof(PoolDescriptor<Native>));
  EXPECT_GE(root.bitmaps.committed, pools * root.bitmap_bytes);
  EXPECT_EQ(root.range.committed, root.range.bytes);
}

TYPED_TEST(ArenasTest, RootRepeatsTheGeometry) {
  const HeapRoot<Native>& root = this->range.root;
  EXPECT_EQ(root.cookie, kRootCookie);
  EXPECT_EQ(root.fingerprint, kFingerprint);
  EXPECT_STREQ(root.geometry, TypeParam::kName);
  EXPECT_EQ(root.page_bytes, TypeParam::kPageBytes);
  EXPECT_EQ(root.pool_bytes, TypeParam::kPoolBytes);
  ASSERT_EQ(root.class_count, TypeParam::kBlockBytes.size());
  for (std::uint32_t i = 0; i < root.class_count; ++i) {
    EXPECT_EQ(root.classes[i].block_bytes, TypeParam::kBlockBytes[i]);
    EXPECT_EQ(root.classes[i].capacity, TypeParam::kPoolBytes / TypeParam::kBlockBytes[i]);
  }
}

TYPED_TEST(ArenasTest, RefusedReservationIsRepeatedWithHalfTheRange) {
  constexpr std::size_t arena = kArenaBytes<TypeParam>;
  FakeMemory memory(TypeParam::kPageBytes);
  FaultPlan plan{.first = 1, .length = 2};
  FaultyPages<FakePages> pages{FakePages(memory), plan};
  HeapRoot<Native> root{};
  Reservation<TypeParam, FaultyPages<FakePages>> reservation(root, pages);
  ASSERT_TRUE(reservation.open(4 * TypeParam::kMinRangeBytes));
  EXPECT_EQ(root.range.bytes, TypeParam::kMinRangeBytes);
  EXPECT_EQ(root.range.bytes % arena, 0u);
  reservation.close();
}

TYPED_TEST(ArenasTest, ReservationFailsWhenNotEvenTheLeastIsGiven) {
  FakeMemory memory(TypeParam::kPageBytes);
  FaultPlan plan{.first = 1, .length = 1000};
  FaultyPages<FakePages> pages{FakePages(memory), plan};
  HeapRoot<Native> root{};
  Reservation<TypeParam, FaultyPages<FakePages>> reservation(root, pages);
  EXPECT_FALSE(reservation.open(4 * TypeParam::kMinRangeBytes));
  EXPECT_EQ(plan.asked, 3u) << "all, a half, a quarter";
  EXPECT_FALSE(reservation.open(TypeParam::kMinRangeBytes / 2));
  EXPECT_EQ(root.reservation, 0u);
}

/// Fake pages of a process whose limit leaves that much.
struct LimitedPages : FakePages {
  LimitedPages(FakeMemory& memory, std::size_t bytes) : FakePages(memory), limit(bytes) {}
  std::size_t reserve_limit() const { return limit; }
  std::size_t limit;
};

TYPED_TEST(ArenasTest, ReservationStaysWithinTheLimitOfTheProcess) {
  const std::size_t wanted = 8 * TypeParam::kMinRangeBytes;
  bool had_less = false;
  for (std::size_t limit = 2 * wanted; limit > 0; limit = limit * 3 / 4) {
    FakeMemory memory(TypeParam::kPageBytes);
    LimitedPages pages(memory, limit);
    HeapRoot<Native> root{};
    Reservation<TypeParam, LimitedPages> reservation(root, pages);
    if (!reservation.open(wanted)) break;
    EXPECT_LE(root.reservation_bytes, limit);
    had_less = had_less || root.range.bytes < wanted;
    reservation.close();
  }
  EXPECT_TRUE(had_less);
}

}  // namespace
}  // namespace arenite
