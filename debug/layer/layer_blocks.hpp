// SPDX-License-Identifier: MIT
// The debug layer's blocks, read from outside: which block an address lies in, with what is known
// of it; all that are live or freed; stacks by their number. What `find_block` is inside. Trusts
// nothing; allocates nothing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>

#include "debug/guard/page_placement.hpp"
#include "debug/layer/layer_plan.hpp"
#include "debug/stacks/depot.hpp"
#include "debug/stacks/stack_hash.hpp"

namespace arenite {

/// A block of the layer: its record, and the heap's block or the stretch of pages it lies in.
struct LayerBlock {
  BlockFacts facts;
  SideState state = SideState::none;  ///< of a block on pages: live or freed
  bool on_pages = false;
  std::uint8_t head = 0;    ///< as recorded, for blocks with guard bytes
  std::uint32_t pages = 0;  ///< open, for blocks on pages
};

template <MemoryView View>
class LayerBlocks {
 public:
  /// Requires: admitted; all outlive this.
  LayerBlocks(const View& view, const HeapPlan& heap, const LayerPlan& plan)
      : view_(view), heap_(heap), plan_(plan) {}

  /// Whether the address, any 64-bit value, lies in a block of the layer, live or freed and not
  /// reused, guards included.
  bool find(Address at, LayerBlock& block) const {
    block = {};
    if (plan_.paged() && at - plan_.root.page_base < plan_.root.page_bytes)
      return find_on_pages(at, block);
    return plan_.guarded() && heap_.in_pools(at) && find_guarded(at, block);
  }
  bool find(Address at, BlockFacts& facts) const {
    LayerBlock block;
    const bool found = find(at, block);
    facts = block.facts;
    return found;
  }

  /// Calls `visit(const LayerBlock&)` for each block on guard pages that is live or freed.
  template <class Visit>
  void each_on_pages(Visit visit) const {
    if (!plan_.paged()) return;
    for (const CarvedPages& area : plan_.root.page_areas) {
      std::uint32_t next = 0;
      if (!read_object(view_, area.next, next)) continue;
      next = std::min(next, area.end);
      std::uint32_t capacity = 0;
      for (std::uint32_t page = area.first; page < next;
           page += 1 + std::min(capacity, next - page)) {
        LayerBlock block;
        if (!read_page_record(page, block, capacity)) break;
        if (block.state != SideState::none) visit(block);
      }
    }
  }

  /// What a record of a block with guard bytes says. The heap's block is [begin, end).
  static LayerBlock describe(const SideRecordOf<Remote>& record, Address begin, Address end) {
    LayerBlock block;
    block.state = record.state;
    block.head = record.head;
    BlockFacts& facts = block.facts;
    facts.begin = begin + (record.head <= 191 ? HeadCode::decode(record.head) : 0);
    facts.size = record.size;
    facts.outer_begin = begin;
    facts.outer_end = end;
    facts.alignment = alignment_of(record.traits);
    facts.serial = record.serial;
    facts.allocated = record.allocated;
    facts.freed = record.freed;
    facts.allocated_by = record.allocated_by;
    facts.freed_by = record.freed_by;
    facts.family = record.family;
    facts.state = record.state == SideState::none ? BlockState::none
                  : record.state == SideState::live || record.state == SideState::freeing
                      ? BlockState::live
                      : BlockState::freed;
    return block;
  }

  /// Copies a stack; returns how many of the `most` places are filled, 0 for what is no stack.
  unsigned stack(StackId id, Address* to, unsigned most) const {
    std::uint64_t used = 0;
    if (plan_.root.stack_words == 0 || id == 0 || !read_object(view_, plan_.root.stack_used, used))
      return 0;
    used = std::min(used, plan_.root.stack_capacity);
    std::uint64_t header = 0;
    const Address at = plan_.root.stack_words + std::uint64_t{id} * sizeof header;
    if (id >= used || !read_object(view_, at, header)) return 0;
    const auto count = static_cast<std::uint32_t>(header);
    Address frames[StackDepot::kMostFrames];
    if (count == 0 || count > StackDepot::kMostFrames || count > used - id - 1 ||
        !view_.read(at + sizeof header, frames, count * sizeof *frames) ||
        header >> 32 != stack_hash(frames, count))
      return 0;
    const unsigned copied = std::min(count, most);
    std::copy_n(frames, copied, to);
    return copied;
  }

  /// The serial of the last allocation; 0 if it cannot be read.
  std::uint64_t last_serial() const {
    std::uint64_t serial = 0;
    return read_object(view_, plan_.root.serials, serial) ? serial : 0;
  }

 private:
  using Pool = PoolDescriptor<Remote>;

  static std::size_t alignment_of(std::uint8_t traits) {
    // More than 2^63 is nonsense, and no shift.
    return (traits & 0x7f) > 64 ? 0 : BlockTraits::alignment(traits);
  }

  bool find_guarded(Address at, LayerBlock& block) const {
    const std::uint32_t pool = heap_.pool_of(at);
    Pool descriptor;
    if (!read_object(view_, heap_.pool(pool), descriptor)) return false;
    const bool blocks = descriptor.state == PoolState::attached ||
                        descriptor.state == PoolState::listed ||
                        descriptor.state == PoolState::full;
    std::uint32_t first = pool, index = 0;
    Address begin = 0, end = 0;
    if (blocks) {
      if (descriptor.size_class >= heap_.root.class_count) return false;
      const ClassRecord& record = heap_.root.classes[descriptor.size_class];
      index = static_cast<std::uint32_t>((at - heap_.user(pool)) / record.block_bytes);
      if (record.block_bytes < plan_.root.least_bytes || index >= record.capacity) return false;
      begin = heap_.user(pool) + std::uint64_t{index} * record.block_bytes;
      end = begin + record.block_bytes;
    } else {
      find_span(pool, first, begin, end);
      if (at - begin >= end - begin) return false;
    }
    SideRecordOf<Remote> record;
    if (index >= plan_.root.records_per_pool ||
        !read_object(view_, plan_.record(first, index), record))
      return false;
    block = describe(record, begin, end);
    return block.state != SideState::none;
  }

  /// Leaves the bounds, which are empty, as they are if there is none.
  void find_span(std::uint32_t pool, std::uint32_t& first, Address& begin, Address& end) const {
    std::uint32_t name = 0;
    if (!read_object(view_, plan_.first_pool(pool), name) || name == 0 || name > pool + 1) return;
    SideRecordOf<Remote> length;
    if (!read_object(view_, plan_.record(name - 1, 1), length) ||
        length.size > heap_.root.range.bytes)
      return;
    first = name - 1;
    begin = heap_.user(first);
    end = begin + length.size;
  }

  // ---- pages ----

  /// The stretch the address lies in; for its guard page, which is also the one behind another
  /// stretch, whichever block is nearer.
  bool find_on_pages(Address at, LayerBlock& block) const {
    const auto page = static_cast<std::uint32_t>((at - plan_.root.page_base) / kPageBytes);
    std::uint32_t own = 0, capacity = 0;
    LayerBlock before;
    const bool carved = stretch_at(page, own);
    const bool had =
        carved && read_page_record(own, block, capacity) && block.state != SideState::none;
    std::uint32_t other = 0;
    if (!(carved ? own == page : begins_area(page)) || page == 0 || !stretch_at(page - 1, other) ||
        !read_page_record(other, before, capacity) || before.state == SideState::none)
      return had;
    const Address end = before.facts.begin + before.facts.size;
    if (!had || at - end <= block.facts.begin - at) block = before;
    return true;
  }

  /// The last guard page of one area is the first page of the next, of which nothing may be carved.
  bool begins_area(std::uint32_t page) const {
    const auto& areas = plan_.root.page_areas;
    return std::any_of(std::begin(areas), std::end(areas),
                       [page](const CarvedPages& area) { return area.first == page; });
  }

  /// The last page at or before `page`, in its area, at which a stretch begins.
  bool stretch_at(std::uint32_t page, std::uint32_t& begin) const {
    begin = page;
    for (const CarvedPages& area : plan_.root.page_areas) {
      std::uint32_t next = 0;
      if (page < area.first || page > area.end || !read_object(view_, area.next, next)) continue;
      next = std::min(next, area.end);
      if (next <= area.first || page > next) continue;
      return begin_before(std::min(page, next - 1), area.first, begin);
    }
    return false;
  }

  bool begin_before(std::uint32_t page, std::uint32_t first, std::uint32_t& begin) const {
    std::uint64_t below = ~std::uint64_t{0} >> (63 - page % 64);
    for (std::uint32_t number = page / 64;; --number, below = ~std::uint64_t{0}) {
      std::uint64_t word = 0;
      if (!read_object(view_, plan_.root.page_begins + std::uint64_t{number} * 8, word))
        return false;
      if ((word & below) != 0) {
        begin = number * 64 + 63 - static_cast<std::uint32_t>(std::countl_zero(word & below));
        return begin >= first;
      }
      if (number == 0 || number * 64 <= first) return false;
    }
  }

  bool read_page_record(std::uint32_t page, LayerBlock& block, std::uint32_t& capacity) const {
    PageRecordOf<Remote> record;
    if (!read_object(view_, plan_.page_record(page), record)) return false;
    capacity = record.capacity;
    block = {};
    block.on_pages = true;
    block.pages = record.pages;
    BlockFacts& facts = block.facts;
    facts.begin = record.begin;
    facts.size = record.size;
    facts.outer_begin = plan_.page(page);
    facts.outer_end = plan_.page(page) + (std::uint64_t{capacity} + 2) * kPageBytes;
    facts.alignment = alignment_of(record.alignment);
    facts.serial = record.serial;
    facts.allocated = record.allocated;
    facts.freed = record.freed;
    facts.allocated_by = record.allocated_by;
    facts.freed_by = record.freed_by;
    facts.family = record.family;
    const bool used = record.state != StretchState::unused && record.state <= StretchState::freed;
    const bool freed = record.state == StretchState::freed;
    block.state = !used ? SideState::none : freed ? SideState::freed : SideState::live;
    facts.state = !used ? BlockState::none : freed ? BlockState::freed : BlockState::live;
    return true;
  }

  const View& view_;
  const HeapPlan& heap_;
  const LayerPlan& plan_;
};

}  // namespace arenite
