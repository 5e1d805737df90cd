// SPDX-License-Identifier: MIT
// What live blocks pin: bytes around them that are kept from the system and hold nothing. The same
// arithmetic as page/pinned.js; here it chooses whose blocks are worth their bytes in the page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "debug/audit/plan.hpp"
#include "debug/map/heap_frame.hpp"

namespace arenite::map {

/// Bytes of a pool that were touched, in whole pages: what it keeps, if none of it was given back.
std::uint64_t kept_bytes(const HeapPlan& plan, const PoolColumns& pools, std::uint32_t pool);

/// Of the kept bytes those that are not in live blocks; 0 for a pool without any.
std::uint64_t pinned_bytes(const HeapPlan& plan, const PoolColumns& pools, std::uint32_t pool);

/// The arenas, those that pin most first.
std::vector<std::uint32_t> arenas_by_pinned_bytes(const HeapPlan& plan, const HeapFrame& frame);

/// The pools whose blocks are shown one by one: arena after arena, those that pin most first, until
/// the bitmaps take `bytes`. A pool whose blocks are all live needs none.
std::vector<bool> choose_detail(const HeapPlan& plan, const HeapFrame& frame, std::size_t bytes);

}  // namespace arenite::map
