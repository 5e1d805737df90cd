// SPDX-License-Identifier: MIT
// Live blocks of a heap counted by site: the stack that allocated them where the debug layer knows
// it, otherwise their size class. And what each site pins: memory of pools that would go back to
// the system but for its blocks. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "debug/blocks/walked_pool.hpp"
#include "debug/report/block_facts.hpp"

namespace arenite {

struct Site {
  enum class Kind : std::uint8_t {
    size_class,  ///< `number` is the class
    span,        ///< blocks above the largest class
    stack,       ///< `number` is a StackId; 0: no stack was kept
    quarantine,  ///< freed, and kept from reuse by the debug layer
  };
  Kind kind = Kind::size_class;
  std::uint32_t number = 0;

  auto operator<=>(const Site&) const = default;
};

struct SiteCount {
  Site site;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;         ///< usable in them
  std::uint64_t requested = 0;     ///< asked for; as `bytes` where that is not known
  std::uint64_t pools = 0;         ///< with a block of the site
  std::uint64_t pools_alone = 0;   ///< with blocks of no other
  std::uint64_t arenas_alone = 0;  ///< the same for whole arenas
  /// Resident in pools of its own and not in live blocks.
  std::uint64_t kept_alone = 0;
  /// Its part of the same in pools it has with others, by its live bytes there.
  std::uint64_t kept_shared = 0;

  std::uint64_t kept() const { return kept_alone + kept_shared; }
};

/// What the debug layer knows of the block in whose outer bounds an address lies.
using FindFacts = std::function<bool(Address at, BlockFacts& facts)>;

class SiteCounts {
 public:
  /// `find`: null if there is no debug layer.
  SiteCounts(std::uint64_t page_bytes, std::uint64_t pool_bytes, FindFacts find = nullptr)
      : page_bytes_(page_bytes), pool_bytes_(pool_bytes), find_(std::move(find)) {}

  /// Every pool of the heap, in the order of a walk; then `finish`.
  void add(const WalkedPool& pool);
  void finish() { close_arena(); }
  /// A block of the debug layer on pages of its own.
  void add_on_pages(const BlockFacts& facts);

  /// In no order.
  std::vector<SiteCount> counts() const;

 private:
  /// What a site has in the pool at hand.
  struct Part {
    Site site;
    std::uint64_t bytes = 0;
  };

  Site site_of(const WalkedPool& pool, const WalkedBlock& block, std::uint64_t& requested) const;
  void add_block(Site site, std::uint64_t bytes, std::uint64_t requested, std::uint64_t blocks);
  void close_pool(const WalkedPool& pool);
  void close_arena();
  SiteCount& count(Site site);

  std::uint64_t page_bytes_;
  std::uint64_t pool_bytes_;
  FindFacts find_;
  std::unordered_map<std::uint64_t, SiteCount> counts_;
  std::vector<Part> parts_;
  std::uint32_t arena_ = 0;
  /// Of the arena at hand: the first site in it, and whether there is another.
  Site arena_site_;
  bool arena_has_site_ = false;
  bool arena_has_others_ = false;
};

/// Bytes of a pool of blocks whose pages may be there: up to the last block that was ever handed
/// out.
std::uint64_t touched_bytes(const WalkedPool& pool, std::uint64_t page_bytes,
                            std::uint64_t pool_bytes);

}  // namespace arenite
