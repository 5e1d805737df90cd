// SPDX-License-Identifier: MIT
// The page-guard heap: each block on pages of its own between inaccessible pages, so that an access
// outside it, or to it once it is freed, faults at once; `find` then tells which block it was. What
// of the pages the block does not fill is checked when it is freed.
//
// One reservation in two areas: small blocks, one data page each, where memory is moved from block
// to block if the kernel can do so, and all others. Declines what it has no means for; the caller
// then serves the block in another way, and says so.
//
// Constant-initialised, takes memory from the kernel alone, keeps errno. Any thread; one lock, held
// for lists alone, never during a system call except to take in more of the reservation. A fault
// handler may call what says so.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "debug/guard/debug_root.hpp"
#include "debug/guard/guard_pages.hpp"
#include "debug/guard/page_heap_types.hpp"
#include "debug/guard/page_lists.hpp"
#include "debug/guard/page_placement.hpp"
#include "debug/guard/page_records.hpp"
#include "os/lock.hpp"

namespace arenite {

class PageHeap {
 public:
  /// False: no address space, even for a small heap; every allocation is then declined. Once.
  bool open(const PageHeapSettings& settings, const PageCalls& calls);
  /// Gives all back. No other thread may be in the heap.
  void close();

  /// Null: declined, and `why` says why.
  void* allocate(const PageRequest& request, Decline& why);

  /// Begins to free a block: with `intact` and `damaged` the block is the caller's alone, still
  /// live and accessible, until `free` or `unclaim`. `facts` are of the block found, `damage` of
  /// the first changed byte around it.
  ClaimVerdict claim(Address block, BlockFacts& facts, SlackDamage& damage);
  /// Requires: claimed by this thread.
  void free(Address block, StackId stack, ThreadNumber thread);
  void unclaim(Address block);

  /// Where blocks and records lie; empty if there is no heap.
  Extent reservation() const { return {base_, base_ + bytes_}; }
  Extent tables() const { return {tables_, tables_ + table_bytes_}; }

  /// Where a reader from outside finds all that.
  void describe(DebugRoot<Native>& root) const;

  /// Whether the address lies in the reservation. Any 64-bit value; signal-safe.
  bool owns(Address at) const { return at - base_ < bytes_; }
  /// The block, live or freed and not reused, that the address lies in, or else is nearest to among
  /// those whose guard or data pages these are. Any 64-bit value; signal-safe, takes no lock.
  bool find(Address at, BlockFacts& facts) const;
  /// In ascending order of address within each area.
  void each_live(void (*visit)(void* visitor, const BlockFacts& facts), void* visitor) const;
  /// Looks at the bytes around all live blocks. `visit` may read the block, must not free it. False
  /// if a check is under way already; signal-safe if `visit` is.
  bool check(void (*visit)(void* visitor, const BlockFacts& facts, const SlackDamage& damage),
             void* visitor);

  PageHeapStatistics statistics() const;

  /// Around fork, in the forking thread.
  void lock_all();
  void unlock_all();
  /// In the child, instead of `unlock_all`.
  void reset_after_fork();

 private:
  struct Area {
    GuardPages pages;
    std::uint32_t first = 0;      ///< where stretches are carved from
    std::uint32_t end = 0;        ///< and up to
    std::uint32_t committed = 0;  ///< taken in up to here
    std::uint32_t limit = 0;      ///< can be taken in up to here
    std::atomic<std::uint32_t> next{0};
  };
  struct Plan {
    std::size_t alignment;
    std::size_t open_pages;
    unsigned size;  ///< of StretchSizes
    bool small;
  };
  struct Taken {
    std::uint32_t page = 0;  ///< 0: none
    bool warm = false;       ///< open already
  };

  bool reserve(std::size_t bytes);
  void lay_out(GuardKind small, GuardKind large);
  void* decline(Decline reason, Decline& why);
  bool plan(const PageRequest& request, Plan& plan) const;
  Decline take(const Plan& plan, Taken& taken);
  void put_back(const Plan& plan, std::uint32_t page);
  std::uint32_t take_small();
  std::uint32_t take_large(unsigned size);
  std::uint32_t carve(Area& area, std::size_t data_pages);
  bool take_in(Area& area, std::uint32_t up_to);
  void keep_in_cores(Address at, std::size_t bytes);
  bool right_side(std::uint64_t serial) const;
  void fill_block(const PagePlacement& place, const PageRequest& request, bool zero) const;
  void note_live(std::uint32_t page, const PagePlacement& place, const PageRequest& request);
  std::uint32_t exact(Address block) const;
  bool begins(std::uint32_t page, Address block) const;
  bool damaged(const PageRecord& record, SlackDamage& damage) const;
  bool move_on(Address from, Extent used, std::uint32_t to);
  void retire(std::uint32_t page, std::uint32_t vacated, bool moved, bool closed);
  void trim_quarantine();

  Address address(std::uint32_t page) const { return base_ + Address{page} * kPageBytes; }
  std::uint32_t page_of(Address at) const {
    return static_cast<std::uint32_t>((at - base_) / kPageBytes);
  }
  bool small(std::uint32_t page) const { return page < large_.first; }
  const Area& area_of(std::uint32_t page) const { return small(page) ? small_ : large_; }
  Area& area_of(std::uint32_t page) { return small(page) ? small_ : large_; }
  PagePlacement placement(const PageRecord& record) const {
    return PagePlacement::of(record.begin.get(), record.size.get(), record.pages.get());
  }
  std::uint32_t begin_in_area(std::uint32_t page) const;
  bool stretch_facts(std::uint32_t page, BlockFacts& facts) const;
  bool nearer(Address at, std::uint32_t page, std::size_t& distance, BlockFacts& facts) const;

  template <class Visit>
  void each_stretch(const Visit& visit) const;
  void check_stretch(std::uint32_t page,
                     void (*visit)(void* visitor, const BlockFacts& facts,
                                   const SlackDamage& damage),
                     void* visitor);

  PageHeapSettings settings_{};
  PageCalls calls_{};
  Address base_ = 0;
  std::size_t bytes_ = 0;
  Address tables_ = 0;
  std::size_t table_bytes_ = 0;
  Address content_ = 0;  ///< a page, which pages of small blocks begin as a copy of
  std::uint32_t step_pages_ = 0;
  PageRecords records_;
  MappingAllowance allowance_;
  Area small_;
  Area large_;

  mutable LockWord check_lock_{0};
  mutable LockWord lock_{0};
  // Under the lock.
  StretchList warm_;  ///< last in, first out: its memory is still in the caches
  StretchList small_free_;
  StretchList large_free_[StretchSizes::kCount];
  StretchList quarantine_;
  std::size_t quarantined_pages_ = 0;
  std::size_t live_blocks_ = 0;
  std::size_t data_pages_ = 0;
  std::size_t unclosed_ = 0;

  std::atomic<std::uint64_t> declined_[kDeclines]{};
};

}  // namespace arenite
