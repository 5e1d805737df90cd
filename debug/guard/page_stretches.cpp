// SPDX-License-Identifier: MIT
// Which stretch a block gets, and where one goes when its block is freed. All of it under the lock.
#include <algorithm>

#include "debug/guard/page_heap.hpp"

namespace arenite {

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
  keep_in_cores(records, PageRecords::record_bytes(to - from));
  keep_in_cores(address(from), Address{to - from} * kPageBytes);
  area.committed = to;
  return true;
}

/// A core without them says less, but nothing wrong.
void PageHeap::keep_in_cores(Address at, std::size_t bytes) {
  calls_.advise(calls_.context, at, bytes, PageCalls::Advice::keep);
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

}  // namespace arenite
