// SPDX-License-Identifier: MIT
// How a block of the page-guard heap comes and goes.
#include <sched.h>

#include <algorithm>

#include "base/contract.hpp"
#include "debug/guard/page_heap.hpp"

namespace arenite {
namespace {

std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

}  // namespace

void* PageHeap::decline(Decline reason, Decline& why) {
  why = reason;
  declined_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

bool PageHeap::plan(const PageRequest& request, Plan& plan) const {
  if (request.size > bytes_ || request.alignment > bytes_) return false;
  plan.alignment = std::max(request.alignment, settings_.least_alignment);
  plan.open_pages = PagePlacement::open_pages(request.size);
  plan.size = StretchSizes::of(PagePlacement::needed_pages(request.size, plan.alignment));
  // A program may give whole pages of a block back by madvise and then expects zeroes there.
  plan.small = request.size < kPageBytes && plan.alignment < kPageBytes;
  return true;
}

void* PageHeap::allocate(const PageRequest& request, Decline& why) {
  Plan plan;
  if (base_ == 0 || !this->plan(request, plan)) return decline(Decline::address_space, why);
  Taken taken;
  if (const Decline reason = take(plan, taken); reason != Decline::none)
    return decline(reason, why);
  Area& area = plan.small ? small_ : large_;
  const PagePlacement place = PagePlacement::at(address(taken.page + 1), request.size,
                                                plan.alignment, right_side(request.serial));
  if (!taken.warm && !area.pages.open(place.open_begin, place.open_bytes,
                                      reinterpret_cast<const void*>(content_))) {
    put_back(plan, taken.page);
    const bool mappings = area.pages.kind() == GuardKind::mappings;
    return decline(mappings ? Decline::mappings : Decline::system, why);
  }
  fill_block(place, request, area.pages.kind() != GuardKind::moving);
  note_live(taken.page, place, request);
  why = Decline::none;
  return reinterpret_cast<void*>(place.begin);
}

bool PageHeap::right_side(std::uint64_t serial) const {
  if (settings_.side != Side::random) return settings_.side == Side::right;
  return mixed(serial ^ mixed(settings_.seed + 1)) % 2 == 0;
}

/// `zero`: the pages read as zero; otherwise they are as guard bytes, or anything if none are
/// checked.
void PageHeap::fill_block(const PagePlacement& place, const PageRequest& request, bool zero) const {
  if (zero && settings_.check_slack) {
    fill(place.before(), kGuardByte);
    fill(place.behind(request.size), kGuardByte);
  }
  if (request.zeroed) {
    if (!zero) fill({place.begin, place.begin + request.size}, 0);
  } else if (settings_.fill_fresh) {
    fill({place.begin, place.begin + std::min(request.size, settings_.fill_bytes)}, kFreshByte);
  }
}

void PageHeap::note_live(std::uint32_t page, const PagePlacement& place,
                         const PageRequest& request) {
  PageRecord& record = records_.at(page);
  RecordChange change(record);
  record.begin.set(place.begin);
  record.size.set(request.size);
  record.alignment.set(BlockTraits::encode(request.alignment, false));
  record.serial.set(request.serial);
  record.allocated.set(request.stack);
  record.freed.set(0);
  record.allocated_by.set(request.thread);
  record.freed_by.set(0);
  record.family.set(request.family);
  record.pages.set(static_cast<std::uint32_t>(place.open_bytes / kPageBytes));
  record.state.set(StretchState::live);
}

ClaimVerdict PageHeap::claim(Address block, BlockFacts& facts, SlackDamage& damage) {
  const std::uint32_t page = exact(block);
  if (page == kNone) {
    find(block, facts);
    return ClaimVerdict::not_a_block;
  }
  PageRecord& record = records_.at(page);
  while (!record.state.change(StretchState::live, StretchState::claimed)) {
    if (record.state.get() == StretchState::checked) {
      ::sched_yield();
      continue;
    }
    if (record.state.get() == StretchState::live) continue;
    find(block, facts);
    return ClaimVerdict::freed_already;
  }
  stretch_facts(page, facts);
  record.damaged.set(damaged(record, damage));
  return record.damaged.get() ? ClaimVerdict::damaged : ClaimVerdict::intact;
}

void PageHeap::unclaim(Address block) {
  const std::uint32_t page = exact(block);
  ARN_REQUIRE(page != kNone, "unclaim of what is no block");
  records_.at(page).state.change(StretchState::claimed, StretchState::live);
}

void PageHeap::free(Address block, StackId stack, ThreadNumber thread) {
  const std::uint32_t page = exact(block);
  ARN_REQUIRE(page != kNone, "free of a block that was not claimed");
  PageRecord& record = records_.at(page);
  ARN_ASSERT(record.state.get() == StretchState::claimed);
  const PagePlacement place = placement(record);
  const bool damaged = record.damaged.get();
  const Extent used = damaged ? Extent{place.open_begin, place.open_begin + kPageBytes}
                              : Extent{place.begin, place.begin + record.size.get()};
  // First, so that a fault of another thread finds it freed.
  {
    RecordChange change(record);
    record.freed.set(stack);
    record.freed_by.set(thread);
    record.state.set(StretchState::freed);
  }
  std::uint32_t to = 0;
  if (small(page) && small_.pages.kind() == GuardKind::moving) {
    LockGuard guard(lock_);
    if (warm_.count() < settings_.warm_blocks) to = take_small();
  }
  const bool moved = to != 0 && move_on(place.open_begin, used, to);
  const bool closed = moved || area_of(page).pages.close(place.open_begin, place.open_bytes);
  retire(page, to, moved, closed);
}

/// The page at `from` becomes that of the stretch `to`; all of it is guard bytes again but what was
/// `used`, which then is, too.
bool PageHeap::move_on(Address from, Extent used, std::uint32_t to) {
  // What is known of the stretch is over once its page is open.
  PageRecord& record = records_.at(to);
  {
    RecordChange change(record);
    record.state.set(StretchState::unused);
  }
  const Address data = address(to + 1);
  if (!small_.pages.move(from, data)) return false;
  if (settings_.check_slack) fill({used.begin - from + data, used.end - from + data}, kGuardByte);
  return true;
}

}  // namespace arenite
