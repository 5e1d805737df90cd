// SPDX-License-Identifier: MIT
// Counts by site, over pools made for the purpose.
#include "debug/census/site_counts.hpp"

#include <map>

#include <gtest/gtest.h>

namespace arenite {
namespace {

constexpr std::uint64_t kPage = 4096, kPoolBytes = 65536;

/// A pool of blocks of 1024 bytes, of which those named are live; all up to the last are carved.
WalkedPool pool_of(std::uint32_t index, std::initializer_list<std::uint32_t> live,
                   std::uint32_t carved) {
  WalkedPool pool;
  pool.index = index;
  pool.use = PoolUse::listed;
  pool.size_class = 7;
  pool.block_bytes = 1024;
  pool.capacity = 64;
  pool.carved = carved;
  pool.words = 1;
  pool.begin = index * kPoolBytes;
  pool.live_blocks[0] = pool.free_blocks[0] = pool.held_blocks[0] = 0;
  for (const std::uint32_t block : live) pool.live_blocks[0] |= std::uint64_t{1} << block;
  pool.live = static_cast<std::uint32_t>(live.size());
  pool.free = 64 - pool.live;
  return pool;
}

WalkedPool span_of(std::uint32_t index, std::uint32_t pools, std::uint64_t bytes) {
  WalkedPool pool;
  pool.index = index;
  pool.pools = pools;
  pool.use = PoolUse::span;
  pool.block_bytes = bytes;
  pool.begin = index * kPoolBytes;
  pool.live = 1;
  return pool;
}

std::map<Site, SiteCount> by_site(const SiteCounts& counts) {
  std::map<Site, SiteCount> sites;
  for (const SiteCount& count : counts.counts()) sites[count.site] = count;
  return sites;
}

TEST(SiteCounts, by_class_where_nothing_else_is_known) {
  SiteCounts counts(kPage, kPoolBytes);
  counts.add(pool_of(0, {0, 5}, 6));
  counts.add(pool_of(1, {}, 64));
  counts.add(span_of(2, 3, 150000));
  counts.add(pool_of(64, {63}, 64));
  counts.finish();
  const auto sites = by_site(counts);
  ASSERT_EQ(sites.size(), 2u);
  const SiteCount& small = sites.at({Site::Kind::size_class, 7});
  EXPECT_EQ(small.blocks, 3u);
  EXPECT_EQ(small.bytes, 3 * 1024u);
  EXPECT_EQ(small.pools, 2u);
  EXPECT_EQ(small.pools_alone, 2u);
  EXPECT_EQ(small.arenas_alone, 1u) << "the first arena has a span, too";
  EXPECT_EQ(small.kept_alone, (8192 - 2048) + (65536 - 1024u));
  const SiteCount& span = sites.at({Site::Kind::span, 0});
  EXPECT_EQ(span.bytes, 150000u);
  EXPECT_EQ(span.pools, 3u);
  EXPECT_EQ(span.kept(), 0u);
}

/// Blocks whose number in the pool is even come from stack 100, others from 200; 63 is freed.
bool find(Address at, BlockFacts& facts) {
  const std::uint64_t number = at % kPoolBytes / 1024;
  if (number == 62) return false;
  facts.size = 1000;
  facts.allocated = number % 2 == 0 ? 100 : 200;
  facts.state = number == 63 ? BlockState::freed : BlockState::live;
  return true;
}

TEST(SiteCounts, by_stack_where_it_is_known) {
  SiteCounts counts(kPage, kPoolBytes, find);
  counts.add(pool_of(0, {0, 2, 1}, 4));
  counts.add(pool_of(1, {3}, 4));
  counts.add(pool_of(2, {62, 63}, 64));
  counts.finish();
  const auto sites = by_site(counts);
  ASSERT_EQ(sites.size(), 4u);
  const SiteCount& even = sites.at({Site::Kind::stack, 100});
  const SiteCount& odd = sites.at({Site::Kind::stack, 200});
  EXPECT_EQ(even.blocks, 2u);
  EXPECT_EQ(even.requested, 2000u);
  EXPECT_EQ(even.bytes, 2048u);
  EXPECT_EQ(even.pools_alone, 0u);
  EXPECT_EQ(even.kept_shared, 1024u * 2 / 3);
  EXPECT_EQ(odd.pools, 2u);
  EXPECT_EQ(odd.pools_alone, 1u);
  EXPECT_EQ(odd.kept_alone, 3 * 1024u);
  EXPECT_EQ(odd.kept_shared, 1024u / 3);
  EXPECT_EQ(sites.at({Site::Kind::quarantine, 0}).blocks, 1u);
  EXPECT_EQ(sites.at({Site::Kind::size_class, 7}).blocks, 1u) << "what no debug layer knows";
  EXPECT_EQ(even.arenas_alone + odd.arenas_alone, 0u);
}

TEST(SiteCounts, sites_of_any_number_are_told_apart) {
  // Stacks of each number, and what comes from the quarantine.
  const auto number = [](Address at) { return at % kPoolBytes / 1024; };
  SiteCounts counts(kPage, kPoolBytes, [&](Address at, BlockFacts& facts) {
    facts.size = 1000;
    facts.allocated = std::uint32_t{1} << number(at) % 32;
    facts.state = number(at) == 40 ? BlockState::freed : BlockState::live;
    return number(at) <= 40;
  });
  WalkedPool pool = pool_of(0, {}, 64);
  // The 32 stacks, one of the quarantine, one that is not known.
  pool.live_blocks[0] = 0xffffffff | std::uint64_t{1} << 40 | std::uint64_t{1} << 41;
  pool.live = 34;
  counts.add(pool);
  counts.finish();
  const auto sites = by_site(counts);
  EXPECT_EQ(sites.size(), 34u);
  for (const auto& [site, count] : sites) EXPECT_EQ(count.blocks, 1u) << site.number;
}

}  // namespace
}  // namespace arenite
