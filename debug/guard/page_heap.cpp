// SPDX-License-Identifier: MIT
#include "debug/guard/page_heap.hpp"

#include <sched.h>

#include <algorithm>

#include "base/contract.hpp"
#include "debug/guard/page_memory.hpp"

namespace arenite {
namespace {

/// As many pages have their records on a page.
constexpr std::uint32_t kPagesPerRecordPage = 2 * kPageBytes / sizeof(PageRecord);
constexpr std::uint32_t kMostStepPages = 4096;
constexpr std::size_t kLeastReservation = std::size_t{2} << 20;
constexpr std::size_t kMostReservation = std::size_t{1} << 43;
/// Every mapping is split off an inaccessible one here, and each fork and core dump walks them.
constexpr std::size_t kMostReservationWithMappings = std::size_t{1} << 35;

std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

}  // namespace

const char* text_of(Decline reason) {
  switch (reason) {
    case Decline::none:
      return "nothing";
    case Decline::memory:
      return "the memory for guarded pages is used up";
    case Decline::blocks:
      return "as many blocks are on guarded pages as may be";
    case Decline::mappings:
      return "vm.max_map_count is nearly reached";
    case Decline::address_space:
      return "the address space for guarded pages is used up";
    case Decline::system:
      return "the kernel refused guarded pages";
  }
  return "";
}

bool PageHeap::open(const PageHeapSettings& settings, const PageCalls& calls) {
  settings_ = settings;
  calls_ = calls;
  settings_.least_alignment = std::clamp<std::size_t>(settings.least_alignment, 1, kPageBytes);
  if (settings_.memory_bytes == 0) settings_.memory_bytes = page_memory_budget();
  GuardKind large = GuardPages::best(calls, false);
  if (!settings.may_mark) large = GuardKind::mappings;
  GuardKind small = settings.may_move ? GuardPages::best(calls, true) : large;
  if (small != GuardKind::moving) small = large;
  allowance_.limit = GuardPages::mapping_allowance(calls);
  std::size_t bytes = std::min(settings.reservation_bytes, kMostReservation);
  if (small == GuardKind::mappings) bytes = std::min(bytes, kMostReservationWithMappings);
  for (; bytes >= kLeastReservation; bytes /= 2)
    if (reserve(round_down(bytes, kLeastReservation))) break;
  if (base_ == 0) return false;
  lay_out(small, large);
  fill({content_, content_ + kPageBytes}, settings_.check_slack ? kGuardByte : 0);
  return true;
}

/// The pages, and the tables for them: a page of content, the bits, the records.
bool PageHeap::reserve(std::size_t bytes) {
  const std::size_t pages = bytes / kPageBytes;
  const std::size_t begins = round_up(PageRecords::begins_bytes(pages), kPageBytes);
  const std::size_t table_bytes = kPageBytes + begins + PageRecords::record_bytes(pages);
  const Address tables = calls_.reserve(calls_.context, table_bytes);
  if (tables == 0) return false;
  const Address base = calls_.reserve(calls_.context, bytes);
  if (base == 0 || !calls_.protect(calls_.context, tables, kPageBytes + begins, true)) {
    if (base != 0) calls_.release(calls_.context, base, bytes);
    calls_.release(calls_.context, tables, table_bytes);
    return false;
  }
  base_ = base;
  bytes_ = bytes;
  tables_ = content_ = tables;
  table_bytes_ = table_bytes;
  records_.start(tables + kPageBytes, tables + kPageBytes + begins);
  return true;
}

void PageHeap::lay_out(GuardKind small, GuardKind large) {
  const auto pages = static_cast<std::uint32_t>(bytes_ / kPageBytes);
  small_.pages.start(calls_, small, allowance_);
  large_.pages.start(calls_, large, allowance_);
  // Page 0 ends lists; small stretches are two pages.
  small_.first = 2;
  small_.next.store(2, std::memory_order_relaxed);
  small_.end = small_.limit = large_.first = large_.committed = pages / 2;
  large_.next.store(large_.first, std::memory_order_relaxed);
  large_.limit = pages;
  large_.end = pages - 1;
  step_pages_ =
      std::clamp(round_up(pages / 32, kPagesPerRecordPage), kPagesPerRecordPage, kMostStepPages);
}

void PageHeap::close() {
  if (base_ == 0) return;
  calls_.release(calls_.context, base_, bytes_);
  calls_.release(calls_.context, tables_, table_bytes_);
  base_ = bytes_ = 0;
}

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

Decline PageHeap::take(const Plan& plan, Taken& taken) {
  LockGuard guard(lock_);
  if (live_blocks_ >= settings_.most_blocks) return Decline::blocks;
  if ((data_pages_ + plan.open_pages) * kPageBytes > settings_.memory_bytes) return Decline::memory;
  if (plan.small && !warm_.empty())
    taken = {warm_.pop_front(records_), true};
  else
    taken = {plan.small ? take_small() : take_large(plan.size), false};
  if (taken.page == 0) return Decline::address_space;
  ++live_blocks_;
  data_pages_ += plan.open_pages;
  return Decline::none;
}

void PageHeap::put_back(const Plan& plan, std::uint32_t page) {
  LockGuard guard(lock_);
  --live_blocks_;
  data_pages_ -= plan.open_pages;
  (plan.small ? small_free_ : large_free_[plan.size]).push_front(records_, page);
}

std::uint32_t PageHeap::take_small() {
  return small_free_.empty() ? carve(small_, 1) : small_free_.pop_front(records_);
}

std::uint32_t PageHeap::take_large(unsigned size) {
  StretchList& list = large_free_[size];
  return list.empty() ? carve(large_, StretchSizes::pages(size)) : list.pop_front(records_);
}

/// A new stretch, or 0.
std::uint32_t PageHeap::carve(Area& area, std::size_t data_pages) {
  const std::uint32_t page = area.next.load(std::memory_order_relaxed);
  if (data_pages + 1 > area.end - page) return 0;
  const std::uint32_t next = page + 1 + static_cast<std::uint32_t>(data_pages);
  if (next > area.committed && !take_in(area, next)) return 0;
  records_.at(page).capacity.set(static_cast<std::uint32_t>(data_pages));
  records_.add_begin(page);
  // Release: pairs with the acquire in `begin_in_area`.
  area.next.store(next, std::memory_order_release);
  return page;
}

bool PageHeap::take_in(Area& area, std::uint32_t up_to) {
  const std::uint32_t from = area.committed;
  const std::uint32_t to = std::min(area.limit, from + round_up(up_to - from, step_pages_));
  const auto records = reinterpret_cast<Address>(&records_.at(from));
  if (!calls_.protect(calls_.context, records, PageRecords::record_bytes(to - from), true))
    return false;
  if (!area.pages.commit(address(from), Address{to - from} * kPageBytes)) return false;
  area.committed = to;
  return true;
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

void PageHeap::retire(std::uint32_t page, std::uint32_t to, bool moved, bool closed) {
  const std::size_t capacity = records_.at(page).capacity.get();
  LockGuard guard(lock_);
  if (to != 0) (moved ? warm_ : small_free_).push_front(records_, to);
  --live_blocks_;
  data_pages_ -= records_.at(page).pages.get();
  if (!closed) {
    // Its pages may hold memory and be open: never again handed out.
    ++unclosed_;
    return;
  }
  quarantine_.push_back(records_, page);
  quarantined_pages_ += capacity + 1;
  trim_quarantine();
}

void PageHeap::trim_quarantine() {
  while (!quarantine_.empty() && (quarantine_.count() > settings_.quarantine_blocks ||
                                  quarantined_pages_ * kPageBytes > settings_.quarantine_bytes)) {
    const std::uint32_t page = quarantine_.pop_front(records_);
    const std::size_t capacity = records_.at(page).capacity.get();
    quarantined_pages_ -= capacity + 1;
    (small(page) ? small_free_ : large_free_[StretchSizes::of(capacity)]).push_back(records_, page);
  }
}

PageHeapStatistics PageHeap::statistics() const {
  PageHeapStatistics now;
  now.small_kind = small_.pages.kind();
  now.large_kind = large_.pages.kind();
  now.reserved_bytes = bytes_;
  now.mappings_used = allowance_.used.load(std::memory_order_relaxed);
  now.mappings_allowed = allowance_.limit;
  for (std::size_t i = 0; i < kDeclines; ++i)
    now.declined[i] = declined_[i].load(std::memory_order_relaxed);
  LockGuard guard(lock_);
  now.live_blocks = live_blocks_;
  now.data_bytes = data_pages_ * kPageBytes;
  now.quarantined_blocks = quarantine_.count();
  now.quarantined_bytes = quarantined_pages_ * kPageBytes;
  now.warm_blocks = warm_.count();
  now.unclosed_blocks = unclosed_;
  return now;
}

void PageHeap::lock_all() {
  lock(check_lock_);
  lock(lock_);
}

void PageHeap::unlock_all() {
  unlock(lock_);
  unlock(check_lock_);
}

void PageHeap::reset_after_fork() {
  reset(lock_);
  reset(check_lock_);
  small_.pages.renew_after_fork();
  large_.pages.renew_after_fork();
}

}  // namespace arenite
