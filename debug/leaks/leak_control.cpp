// SPDX-License-Identifier: MIT
#include "debug/leaks/leak_control.hpp"

#include <atomic>

namespace arenite {
namespace {

/// Places of a table go from free to being written to taken, and back.
constexpr Address kFree = 0;
constexpr Address kBeingWritten = 1;
/// A block that was forgotten: a search goes on behind it, and its place can be used again.
constexpr Address kForgotten = 2;

/// How addresses stand in the tables: the tables are among the roots, and must not reach what they
/// name.
Address hidden(Address at) {
  return ~at;
}

struct IgnoredBlock {
  std::atomic<Address> begin;
  std::atomic<std::uint64_t> serial;
};
struct RootRegion {
  std::atomic<Address> begin;
  std::atomic<Address> end;
};

[[gnu::tls_model("initial-exec")]] constinit thread_local unsigned disabled = 0;
constinit IgnoredBlock ignored_blocks[kMaxIgnoredBlocks]{};
constinit RootRegion root_regions[kMaxRootRegions]{};

std::size_t home(Address begin) {
  return static_cast<std::size_t>(begin * 0x9E3779B97F4A7C15u >> 52) % kMaxIgnoredBlocks;
}

/// The place of the block, or null. Blocks are looked up by the thousand: a free place ends it.
IgnoredBlock* find_ignored(const BlockFacts& facts) {
  for (std::size_t i = 0; i < kMaxIgnoredBlocks; ++i) {
    IgnoredBlock& place = ignored_blocks[(home(facts.begin) + i) % kMaxIgnoredBlocks];
    // Acquire: pairs with the release in `ignore_block`.
    const Address begin = place.begin.load(std::memory_order_acquire);
    if (begin == kFree) return nullptr;
    if (begin == hidden(facts.begin) &&
        place.serial.load(std::memory_order_relaxed) == facts.serial)
      return &place;
  }
  return nullptr;
}

}  // namespace

void disable_leaks() {
  ++disabled;
}

bool enable_leaks() {
  if (disabled == 0) return false;
  --disabled;
  return true;
}

bool leaks_disabled() {
  return disabled != 0;
}

bool ignore_block(const BlockFacts& facts) {
  if (find_ignored(facts) != nullptr) return true;
  for (std::size_t i = 0; i < kMaxIgnoredBlocks; ++i) {
    IgnoredBlock& place = ignored_blocks[(home(facts.begin) + i) % kMaxIgnoredBlocks];
    Address begin = place.begin.load(std::memory_order_relaxed);
    // An older block that began here is gone.
    const bool usable = begin == kFree || begin == kForgotten || begin == hidden(facts.begin);
    if (!usable ||
        !place.begin.compare_exchange_strong(begin, kBeingWritten, std::memory_order_relaxed))
      continue;
    place.serial.store(facts.serial, std::memory_order_relaxed);
    // Release: pairs with the acquire in `find_ignored`.
    place.begin.store(hidden(facts.begin), std::memory_order_release);
    return true;
  }
  return false;
}

bool block_ignored(const BlockFacts& facts) {
  return find_ignored(facts) != nullptr;
}

void forget_ignored_block(const BlockFacts& facts) {
  IgnoredBlock* place = find_ignored(facts);
  if (place == nullptr) return;
  Address begin = hidden(facts.begin);
  place->begin.compare_exchange_strong(begin, kForgotten, std::memory_order_relaxed);
}

bool add_root_region(Region region) {
  if (region.begin >= region.end) return false;
  for (RootRegion& place : root_regions) {
    Address begin = kFree;
    if (!place.begin.compare_exchange_strong(begin, kBeingWritten, std::memory_order_relaxed))
      continue;
    // Release: pairs with the acquire fence in `root_region`; the end belongs to no other
    // beginning.
    std::atomic_thread_fence(std::memory_order_release);
    place.end.store(hidden(region.end), std::memory_order_relaxed);
    // Release: pairs with the acquire in `root_region`.
    place.begin.store(hidden(region.begin), std::memory_order_release);
    return true;
  }
  return false;
}

bool remove_root_region(Region region) {
  for (RootRegion& place : root_regions) {
    // Relaxed: who removes a region has it from whoever added it.
    Address begin = place.begin.load(std::memory_order_relaxed);
    if (begin == hidden(region.begin) &&
        place.end.load(std::memory_order_relaxed) == hidden(region.end) &&
        place.begin.compare_exchange_strong(begin, kFree, std::memory_order_relaxed))
      return true;
  }
  return false;
}

Region root_region(std::size_t place) {
  const Address begin = root_regions[place].begin.load(std::memory_order_acquire);
  if (begin <= kForgotten) return {0, 0};
  const Address end = root_regions[place].end.load(std::memory_order_relaxed);
  // Acquire: pairs with the release fence in `add_root_region`. Another region may have come to
  // stand there since.
  std::atomic_thread_fence(std::memory_order_acquire);
  if (root_regions[place].begin.load(std::memory_order_relaxed) != begin) return {0, 0};
  return {hidden(begin), hidden(end)};
}

}  // namespace arenite
