// SPDX-License-Identifier: MIT
// What a program says about its own leaks, as through LeakSanitizer's interface: blocks to be left
// alone, allocations of a stretch of its code, memory of its own that holds pointers. Bounded
// tables without locks: any thread, signal handlers too, and while threads are stopped.
#pragma once

#include <cstddef>
#include <cstdint>

#include "debug/memory/regions.hpp"
#include "debug/report/block_facts.hpp"

namespace arenite {

/// Counts how often leaks are disabled on this thread. What is allocated meanwhile is to be marked
/// by whoever keeps the records of blocks.
void disable_leaks();
/// Undoes one `disable_leaks`; false if there was none.
bool enable_leaks();
bool leaks_disabled();

inline constexpr std::size_t kMaxIgnoredBlocks = 4096;
inline constexpr std::size_t kMaxRootRegions = 256;

/// The block is never reported, nor what it points to; by its serial, so that a later block at its
/// address is not meant. False if the table is full.
bool ignore_block(const BlockFacts& facts);
bool block_ignored(const BlockFacts& facts);
/// Forgets it; a freed block need not stay in the table. Nothing if it is not there.
void forget_ignored_block(const BlockFacts& facts);

/// False if the region is empty or the table is full.
bool add_root_region(Region region);
/// False if no such region was added.
bool remove_root_region(Region region);
/// The n-th place of the table; an empty region if there is none.
Region root_region(std::size_t place);

}  // namespace arenite
