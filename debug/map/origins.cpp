// SPDX-License-Identifier: MIT
#include "debug/map/origins.hpp"

#include <algorithm>
#include <utility>

#include "debug/guard/page_calls.hpp"

namespace arenite::map {

void Origins::add(const WalkedPool& pool) {
  if (!find_) return;
  Known known;
  bytes_.clear();
  pool.each_live([&](const WalkedBlock& block) {
    BlockFacts facts;
    // What is live to the heap may be in the debug layer's quarantine.
    if (!find_(block.begin, facts) || facts.state != BlockState::live) return;
    bytes_[facts.allocated] += block.bytes;
    known.youngest = std::max(known.youngest, facts.serial);
  });
  if (!bytes_.empty()) {
    const auto most = std::max_element(bytes_.begin(), bytes_.end(), [](auto& a, auto& b) {
      return std::pair(a.second, b.first) < std::pair(b.second, a.first);
    });
    known.site = site_of(most->first);
  }
  last_serial_ = std::max(last_serial_, known.youngest);
  pools_.insert(pools_.end(), pool.pools, known);
}

void Origins::add_on_pages(const BlockFacts& facts) {
  const std::uint16_t site = site_of(facts.allocated);
  add_stretch(facts, site);
  if (facts.state != BlockState::live) {
    ++of_pages_.freed;
    return;
  }
  OnPagesCount& count = on_pages_[site];
  count.site = site;
  ++count.blocks;
  count.bytes += facts.size;
}

void Origins::add_stretch(const BlockFacts& facts, std::uint16_t site) {
  if (of_pages_.stretches.size() == kMostStretches) {
    ++of_pages_.stretches_left_out;
    return;
  }
  of_pages_.stretches.push_back(
      {facts.outer_begin / kPageBytes,
       static_cast<std::uint32_t>((facts.outer_end - facts.outer_begin) / kPageBytes),
       static_cast<std::uint32_t>(facts.begin - facts.outer_begin), facts.size, site,
       static_cast<std::uint8_t>(facts.state == BlockState::live ? 0 : 1)});
}

void Origins::finish(HeapFrame& frame) {
  frame.stacks = stacks_;
  frame.on_pages = std::move(of_pages_);
  for (const auto& [site, count] : on_pages_) frame.on_pages.sites.push_back(count);
  if (last_serial_ == 0) return;
  pools_.resize(frame.pool_count);
  for (const Known& known : pools_) {
    const double share = static_cast<double>(known.youngest) / static_cast<double>(last_serial_);
    frame.pools.site.push_back(known.site);
    frame.pools.age.push_back(
        known.youngest == 0 ? kNoAge : static_cast<std::uint8_t>(share * (kNoAge - 1)));
  }
}

std::uint16_t Origins::site_of(StackId stack) {
  const auto [found, added] = sites_.try_emplace(stack, kNoSite);
  if (added && stacks_.size() < kNoSite) {
    found->second = static_cast<std::uint16_t>(stacks_.size());
    stacks_.push_back(stack);
  }
  return found->second;
}

}  // namespace arenite::map
