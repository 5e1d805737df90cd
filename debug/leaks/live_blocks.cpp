// SPDX-License-Identifier: MIT
#include "debug/leaks/live_blocks.hpp"

#include <algorithm>

namespace arenite {

bool LiveBlocks::build(const BlockMap& map, bool (*ignored)(void* context, const BlockFacts& facts),
                       void* ignored_context) {
  ignored_ = ignored;
  ignored_context_ = ignored_context;
  if (!directory_.map(kEnd / kTableSpan * sizeof(std::uint32_t))) return false;
  lowest_ = kEnd;
  map.each_live(map.context, &measure, this);
  extent_ = measured_ == 0 ? 0 : highest_ - lowest_;
  const std::size_t block_bytes = (measured_ * sizeof(LiveBlock) + 63) & ~std::size_t{63};
  if (!memory_.map(block_bytes + table_count_ * kTableEntries * sizeof(std::uint32_t)))
    return false;
  memory_.prefer_large_pages();
  blocks_ = memory_.data<LiveBlock>();
  tables_ = memory_.data<std::uint32_t>(block_bytes);
  map.each_live(map.context, &take, this);
  if (count_ != measured_) incomplete_ = true;
  if (enter_all()) return true;
  sort();
  // Blocks that overlap are no blocks; whoever lists them has the heap wrong.
  if (!enter_all()) incomplete_ = true;
  return true;
}

bool LiveBlocks::plausible(const BlockFacts& facts) {
  return facts.begin != 0 && facts.begin < kEnd && facts.size < kEnd - facts.begin;
}

/// The first of two looks: how much there is, and where.
void LiveBlocks::measure(void* self, const BlockFacts& facts) {
  auto& blocks = *static_cast<LiveBlocks*>(self);
  if (!plausible(facts) || blocks.measured_ == kNoBlock - 1) {
    blocks.incomplete_ = true;
    return;
  }
  ++blocks.measured_;
  const Address end = facts.begin + std::max<std::size_t>(facts.size, 1);
  blocks.lowest_ = std::min(blocks.lowest_, facts.begin);
  blocks.highest_ = std::max(blocks.highest_, end);
  auto* directory = blocks.directory_.data<std::uint32_t>();
  for (Address table = facts.begin / kTableSpan; table <= (end - 1) / kTableSpan; ++table)
    if (directory[table] == 0) directory[table] = blocks.table_count_++;
}

void LiveBlocks::take(void* self, const BlockFacts& facts) {
  auto& blocks = *static_cast<LiveBlocks*>(self);
  if (!plausible(facts)) return;
  const Address end = facts.begin + std::max<std::size_t>(facts.size, 1);
  // One that came since the first look may lie where there is no table.
  const bool outside = facts.begin < blocks.lowest_ || end > blocks.highest_ ||
                       blocks.directory_.data<std::uint32_t>()[facts.begin / kTableSpan] == 0 ||
                       blocks.directory_.data<std::uint32_t>()[(end - 1) / kTableSpan] == 0;
  if (outside || blocks.count_ == blocks.measured_) {
    blocks.incomplete_ = true;
    return;
  }
  const bool ignored =
      blocks.ignored_ != nullptr && blocks.ignored_(blocks.ignored_context_, facts);
  blocks.blocks_[blocks.count_++] = {facts.begin, end, facts.allocated,
                                     ignored ? LeakMark::reached : LeakMark::unreached};
  blocks.bytes_ += facts.size;
}

/// False if blocks of one granule do not stand one after the other.
bool LiveBlocks::enter_all() {
  for (std::uint32_t block = 0; block < count_; ++block)
    if (!enter(block)) return false;
  return true;
}

bool LiveBlocks::enter(std::uint32_t block) {
  const Address begin = blocks_[block].begin, end = blocks_[block].end;
  for (Address at = begin & ~(kGranuleBytes - 1); at < end; at += kGranuleBytes) {
    const std::uint32_t table = directory_.data<std::uint32_t>()[at / kTableSpan];
    std::uint32_t& first = tables_[table * kTableEntries + at % kTableSpan / kGranuleBytes];
    if (first == 0) {
      first = block + 1;
      continue;
    }
    const bool follows =
        at <= begin && blocks_[block - 1].end > at && blocks_[block - 1].end <= begin;
    if (!follows) return false;
  }
  return true;
}

void LiveBlocks::sort() {
  std::sort(blocks_, blocks_ + count_,
            [](const LiveBlock& a, const LiveBlock& b) { return a.begin < b.begin; });
  std::fill(tables_, tables_ + table_count_ * kTableEntries, 0u);
}

}  // namespace arenite
