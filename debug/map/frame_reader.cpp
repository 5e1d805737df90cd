// SPDX-License-Identifier: MIT
#include "debug/map/frame_reader.hpp"

namespace arenite::map {
namespace {

void add(Use use, const WalkedPool& pool, PoolColumns& to) {
  const bool blocks = has_blocks(pool.use);
  const bool attached = pool.use == PoolUse::attached;
  to.use.push_back(use);
  to.size_class.push_back(blocks ? pool.size_class : kNoClass);
  to.live.push_back(static_cast<std::uint16_t>(blocks ? pool.live : 0));
  to.held.push_back(static_cast<std::uint16_t>(blocks ? pool.held : 0));
  to.carved.push_back(static_cast<std::uint16_t>(blocks ? pool.carved : 0));
  to.owner.push_back(attached
                         ? static_cast<std::uint16_t>(std::min<std::uint32_t>(pool.owner, kNobody))
                         : kNobody);
}

}  // namespace

void add_pool(const WalkedPool& pool, HeapFrame& frame) {
  add(code_of(pool.use), pool, frame.pools);
  if (pool.use != PoolUse::span) return;
  const std::uint32_t pools = std::min(pool.pools, frame.pool_count - pool.index);
  frame.spans.push_back({pool.index, pools, pool.block_bytes});
  for (std::uint32_t i = 1; i < pools; ++i) add(kSpanRest, pool, frame.pools);
}

void add_detail(const WalkedPool& pool, BlockDetail& detail) {
  detail.pools.push_back(pool.index);
  const std::uint32_t bytes = (pool.capacity + 7) / 8;
  for (std::uint32_t i = 0; i < bytes; ++i)
    detail.free.push_back(static_cast<std::uint8_t>(pool.free_blocks[i / 8] >> i % 8 * 8));
  for (std::uint32_t i = 0; i < pool.words; ++i)
    for (std::uint64_t word = pool.held_blocks[i]; word != 0; word &= word - 1) {
      detail.held_pools.push_back(pool.index);
      detail.held_blocks.push_back(static_cast<std::uint16_t>(i * 64 + lowest_bit(word)));
    }
}

}  // namespace arenite::map
