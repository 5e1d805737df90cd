// SPDX-License-Identifier: MIT
#include "debug/census/site_counts.hpp"

#include <algorithm>

#include "base/bits.hpp"

namespace arenite {

std::uint64_t touched_bytes(const WalkedPool& pool, std::uint64_t page_bytes,
                            std::uint64_t pool_bytes) {
  return std::min(round_up(pool.carved * pool.block_bytes, page_bytes), pool_bytes);
}

void SiteCounts::add(const WalkedPool& pool) {
  if (pool.arena() != arena_) {
    close_arena();
    arena_ = pool.arena();
  }
  if (pool.live == 0) return;
  parts_.clear();
  if (find_ == nullptr) {
    const Site site = pool.use == PoolUse::span ? Site{Site::Kind::span, 0}
                                                : Site{Site::Kind::size_class, pool.size_class};
    add_block(site, pool.live_bytes(), pool.live_bytes(), pool.live);
  } else {
    pool.each_live([&](const WalkedBlock& block) {
      std::uint64_t requested = block.bytes;
      const Site site = site_of(pool, block, requested);
      add_block(site, block.bytes, requested, 1);
    });
  }
  close_pool(pool);
}

Site SiteCounts::site_of(const WalkedPool& pool, const WalkedBlock& block,
                         std::uint64_t& requested) const {
  BlockFacts facts;
  if (find_(block.begin, facts)) {
    if (facts.state == BlockState::freed) return {Site::Kind::quarantine, 0};
    requested = std::min<std::uint64_t>(facts.size, block.bytes);
    return {Site::Kind::stack, facts.allocated};
  }
  return pool.use == PoolUse::span ? Site{Site::Kind::span, 0}
                                   : Site{Site::Kind::size_class, pool.size_class};
}

void SiteCounts::add_block(Site site, std::uint64_t bytes, std::uint64_t requested,
                           std::uint64_t blocks) {
  SiteCount& counted = count(site);
  counted.blocks += blocks;
  counted.bytes += bytes;
  counted.requested += requested;
  // Neighbours often come from one site.
  auto part = std::find_if(parts_.rbegin(), parts_.rend(),
                           [&](const Part& known) { return known.site == site; });
  if (part != parts_.rend())
    part->bytes += bytes;
  else
    parts_.push_back({site, bytes});
}

void SiteCounts::add_on_pages(const BlockFacts& facts) {
  if (facts.state != BlockState::live) return;
  SiteCount& counted = count({Site::Kind::stack, facts.allocated});
  ++counted.blocks;
  counted.bytes += facts.size;
  counted.requested += facts.size;
  counted.kept_alone += round_up(std::max<std::uint64_t>(facts.size, 1), page_bytes_) - facts.size;
}

void SiteCounts::close_pool(const WalkedPool& pool) {
  const std::uint64_t live = std::max<std::uint64_t>(pool.live_bytes(), 1);
  const std::uint64_t touched =
      pool.use == PoolUse::span ? pool.live_bytes() : touched_bytes(pool, page_bytes_, pool_bytes_);
  const std::uint64_t kept = touched > pool.live_bytes() ? touched - pool.live_bytes() : 0;
  for (const Part& part : parts_) {
    SiteCount& counted = count(part.site);
    counted.pools += pool.pools;
    if (parts_.size() == 1) {
      counted.pools_alone += pool.pools;
      counted.kept_alone += kept;
    } else {
      counted.kept_shared += kept * part.bytes / live;
    }
    if (arena_has_site_ && arena_site_ != part.site) arena_has_others_ = true;
    arena_site_ = part.site;
    arena_has_site_ = true;
  }
}

void SiteCounts::close_arena() {
  if (arena_has_site_ && !arena_has_others_) ++count(arena_site_).arenas_alone;
  arena_has_site_ = arena_has_others_ = false;
}

SiteCount& SiteCounts::count(Site site) {
  const std::uint64_t key = std::uint64_t{static_cast<std::uint8_t>(site.kind)} << 32 | site.number;
  SiteCount& counted = counts_[key];
  counted.site = site;
  return counted;
}

std::vector<SiteCount> SiteCounts::counts() const {
  std::vector<SiteCount> all;
  all.reserve(counts_.size());
  for (const auto& [key, counted] : counts_) all.push_back(counted);
  return all;
}

}  // namespace arenite
