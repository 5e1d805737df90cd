// SPDX-License-Identifier: MIT
#include "debug/guard/page_heap.hpp"

#include <algorithm>

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
  keep_in_cores(tables, kPageBytes + begins);
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

void PageHeap::describe(DebugRoot<Native>& root) const {
  root.page_base = base_;
  root.page_bytes = bytes_;
  root.page_begins = records_.begins();
  root.page_records = records_.records();
  CarvedPages* to = root.page_areas;
  for (const Area* area : {&small_, &large_})
    *to++ = {area->first, area->end, reinterpret_cast<std::uint64_t>(&area->next)};
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
