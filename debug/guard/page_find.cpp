// SPDX-License-Identifier: MIT
// From an address to the block it belongs to, and walks over all blocks.
#include "debug/guard/page_heap.hpp"
#include "debug/guard/page_slack.hpp"

namespace arenite {
namespace {

/// A block whose end, or beginning, is as close to the guard page as its alignment permits.
constexpr std::size_t kTouching = 16;

/// How far an address lies outside a block; 0 in it. A guard page goes to the block that touches
/// it, if only one does: whoever overran the other one would have met its own page's rest first.
std::size_t distance_to(Address at, const BlockFacts& facts) {
  const Address end = facts.begin + facts.size;
  if (at >= facts.begin && at < end) return 0;
  const bool before = at < facts.begin;
  const std::size_t gap = before ? facts.begin % kPageBytes : round_up(end, kPageBytes) - end;
  const std::size_t distance = before ? facts.begin - at : at - end + 1;
  return gap < kTouching ? distance : distance + kPageBytes;
}

}  // namespace

/// The stretch that has the page, or in whose guard behind it lies; kNone if neither is carved.
std::uint32_t PageHeap::begin_in_area(std::uint32_t page) const {
  const Area& area = area_of(page);
  // Acquire: pairs with the release in `carve`.
  const std::uint32_t next = area.next.load(std::memory_order_acquire);
  if (page < area.first || page > next || next == area.first) return kNone;
  return records_.begin_at_or_before(page < next ? page : next - 1, area.first);
}

bool PageHeap::stretch_facts(std::uint32_t page, BlockFacts& facts) const {
  if (!records_.facts(page, facts)) return false;
  facts.outer_begin = address(page);
  facts.outer_end = address(page + 1 + records_.at(page).capacity.get()) + kPageBytes;
  return true;
}

/// Takes the block of a stretch if it is nearer than the one there is.
bool PageHeap::nearer(Address at, std::uint32_t page, std::size_t& distance,
                      BlockFacts& facts) const {
  BlockFacts other;
  if (page == kNone || !stretch_facts(page, other) || distance_to(at, other) >= distance)
    return false;
  distance = distance_to(at, other);
  facts = other;
  return true;
}

bool PageHeap::find(Address at, BlockFacts& facts) const {
  facts = {};
  if (!owns(at)) return false;
  const std::uint32_t page = page_of(at);
  std::size_t distance = ~std::size_t{0};
  // The last guard page of small blocks is the first page of the area behind.
  if (page == large_.first) nearer(at, begin_in_area(page - 1), distance, facts);
  const std::uint32_t own = begin_in_area(page);
  if (own == kNone) return facts.state != BlockState::none;
  // The one before first: if two are as near, it was more likely an overflow.
  if (page == own && own > area_of(own).first) nearer(at, begin_in_area(own - 1), distance, facts);
  nearer(at, own, distance, facts);
  // Behind its open pages, a stretch may have others, and then the guard of the next one.
  const PagePlacement place = placement(records_.at(own));
  if (page != own && at >= place.open_begin + place.open_bytes) {
    const std::uint32_t next = own + 1 + records_.at(own).capacity.get();
    // Acquire: pairs with the release in `carve`.
    if (next < area_of(own).next.load(std::memory_order_acquire)) nearer(at, next, distance, facts);
  }
  return facts.state != BlockState::none;
}

bool PageHeap::begins(std::uint32_t page, Address block) const {
  if (page == kNone) return false;
  const PageRecord& record = records_.at(page);
  return record.begin.get() == block && record.state.get() != StretchState::unused;
}

/// The stretch of the block that begins there, live or freed; kNone if there is none.
std::uint32_t PageHeap::exact(Address block) const {
  if (!owns(block)) return kNone;
  const std::uint32_t page = page_of(block);
  const std::uint32_t own = begin_in_area(page);
  if (begins(own, block)) return own;
  // A block of no bytes begins where the guard page behind it does.
  const std::uint32_t first = area_of(page).first;
  if (page != own && page != large_.first) return kNone;
  if (page == first && page != large_.first) return kNone;
  const std::uint32_t before = begin_in_area(page - 1);
  return begins(before, block) ? before : kNone;
}

template <class Visit>
void PageHeap::each_stretch(const Visit& visit) const {
  for (const Area* area : {&small_, &large_}) {
    // Acquire: pairs with the release in `carve`.
    const std::uint32_t next = area->next.load(std::memory_order_acquire);
    for (std::uint32_t page = area->first; page < next;
         page += 1 + records_.at(page).capacity.get())
      visit(page);
  }
}

void PageHeap::each_live(void (*visit)(void* visitor, const BlockFacts& facts),
                         void* visitor) const {
  if (base_ == 0) return;
  each_stretch([&](std::uint32_t page) {
    BlockFacts facts;
    if (stretch_facts(page, facts) && facts.state == BlockState::live) visit(visitor, facts);
  });
}

bool PageHeap::damaged(const PageRecord& record, SlackDamage& damage) const {
  if (!settings_.check_slack) return false;
  const PagePlacement place = placement(record);
  // Behind first: overflows are what is most often to be found.
  damage.at = first_changed_slack(place.behind(record.size.get()));
  if (damage.at == 0) damage.at = first_changed_slack(place.before());
  if (damage.at == 0) return false;
  damage.expected = kGuardByte;
  damage.found = *reinterpret_cast<const std::uint8_t*>(damage.at);
  return true;
}

void PageHeap::check_stretch(std::uint32_t page,
                             void (*visit)(void* visitor, const BlockFacts& facts,
                                           const SlackDamage& damage),
                             void* visitor) {
  PageRecord& record = records_.at(page);
  // Whoever wants to free it waits, so its pages stay open.
  if (!record.state.change(StretchState::live, StretchState::checked)) return;
  SlackDamage damage;
  BlockFacts facts;
  if (damaged(record, damage) && stretch_facts(page, facts)) visit(visitor, facts, damage);
  record.state.set(StretchState::live);
}

bool PageHeap::check(void (*visit)(void* visitor, const BlockFacts& facts,
                                   const SlackDamage& damage),
                     void* visitor) {
  if (base_ == 0) return true;
  std::uint32_t free = 0;
  // Acquire: pairs with the release in `unlock`. No waiting: a signal handler may be asking, over
  // the very thread that checks.
  if (!check_lock_.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                           std::memory_order_relaxed))
    return false;
  each_stretch([&](std::uint32_t page) { check_stretch(page, visit, visitor); });
  unlock(check_lock_);
  return true;
}

}  // namespace arenite
