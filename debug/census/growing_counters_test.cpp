// SPDX-License-Identifier: MIT
// S3 says yes and no.
#include "debug/census/growing_counters.hpp"

#include <gtest/gtest.h>

#include "debug/audit/audit_fixture.hpp"
#include "layout/own_memory.hpp"

namespace arenite {
namespace {

GrowingCounters look(std::uint64_t time_ns, std::vector<std::optional<std::uint64_t>> values) {
  return {7, time_ns, {{0x1000, 0x2000, std::move(values)}}};
}

TEST(GrowingCounters, those_that_grow_or_stay) {
  const CounterChanges changes = counter_changes(look(1, {1, 5, 9}), look(2, {1, 6, 100}));
  EXPECT_EQ(changes.compared, 3u);
  EXPECT_TRUE(changes.shrunk.empty());
}

TEST(GrowingCounters, one_that_shrank) {
  const CounterChanges changes = counter_changes(look(1, {1, 5}), look(2, {2, 4}));
  ASSERT_EQ(changes.shrunk.size(), 1u);
  EXPECT_EQ(changes.shrunk[0].heap, 0x1000u);
  EXPECT_EQ(changes.shrunk[0].before, 5u);
  EXPECT_EQ(changes.shrunk[0].after, 4u);
  EXPECT_STREQ(changes.shrunk[0].name, "accessible class bytes");
}

TEST(GrowingCounters, time_orders_looks_where_it_is_known) {
  EXPECT_TRUE(counter_changes(look(2, {5}), look(1, {4})).shrunk.empty());
  EXPECT_EQ(counter_changes(look(2, {4}), look(1, {5})).shrunk.size(), 1u);
  EXPECT_EQ(counter_changes(look(0, {5}), look(1, {4})).shrunk.size(), 1u);
}

TEST(GrowingCounters, what_is_not_the_same_is_not_compared) {
  GrowingCounters other = look(2, {4});
  other.pid = 8;
  EXPECT_EQ(counter_changes(look(1, {5}), other).compared, 0u);
  other = look(2, {4});
  other.heaps[0].root = 0x3000;
  EXPECT_EQ(counter_changes(look(1, {5}), other).compared, 0u);
  other = look(2, {std::nullopt});
  EXPECT_EQ(counter_changes(look(1, {5}), other).compared, 0u);
}

using CountersOfAHeap = AuditFixture<Production>;

TEST_F(CountersOfAHeap, with_process_time_and_place) {
  fill();
  ASSERT_TRUE(audit().only({}));
  Examination seen;
  seen.facts.pid = 7;
  seen.facts.time_ns = 4711;
  seen.heaps.resize(2);
  seen.heaps[0].result = *result_;
  seen.heaps[0].site.root = 0x1000;
  seen.heaps[1].result.end = AuditEnd::gated;
  const OwnMemory memory;
  const GrowingCounters counters = growing_counters(AnyView(memory), seen);
  EXPECT_EQ(counters.pid, 7u);
  EXPECT_EQ(counters.time_ns, 4711u);
  ASSERT_EQ(counters.heaps.size(), 1u) << "of the heap whose audit was complete";
  EXPECT_EQ(counters.heaps[0].root, 0x1000u);
  EXPECT_EQ(counters.heaps[0].reservation, root().reservation);
  std::vector<std::optional<std::uint64_t>> expected;
  for (const Stretch<Native>* stretch :
       {&root().arenas, &root().class_bytes, &root().pools, &root().bitmaps, &root().shelves,
        &root().threads, &root().range})
    expected.emplace_back(stretch->committed.load());
  expected.emplace_back(2);
  expected.emplace_back(root().decommits.load());
  // Those of a debug layer, which is not there.
  expected.resize(14);
  EXPECT_EQ(counters.heaps[0].values, expected);
}

}  // namespace
}  // namespace arenite
