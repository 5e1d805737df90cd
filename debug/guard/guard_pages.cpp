// SPDX-License-Identifier: MIT
#include "debug/guard/guard_pages.hpp"

#include <algorithm>

namespace arenite {
namespace {

/// An accessible stretch between inaccessible ones: itself, and one more rest.
constexpr std::size_t kMappingsPerStretch = 2;

bool marks_work(const PageCalls& calls) {
  const Address at = calls.reserve(calls.context, kPageBytes);
  if (at == 0) return false;
  const bool works = calls.protect(calls.context, at, kPageBytes, true) &&
                     calls.advise(calls.context, at, kPageBytes, PageCalls::Advice::mark) &&
                     calls.advise(calls.context, at, kPageBytes, PageCalls::Advice::unmark);
  calls.release(calls.context, at, kPageBytes);
  return works;
}

bool moving_works(const PageCalls& calls) {
  alignas(kPageBytes) static constexpr unsigned char kZeroes[kPageBytes] = {};
  constexpr std::size_t kBytes = 2 * kPageBytes;
  const Address at = calls.reserve(calls.context, kBytes);
  if (at == 0) return false;
  const bool works =
      calls.protect(calls.context, at, kBytes, true) && calls.watch(calls.context, at, kBytes) &&
      calls.supply(calls.context, at, kZeroes) && calls.move(calls.context, at, at + kPageBytes);
  calls.release(calls.context, at, kBytes);
  return works;
}

}  // namespace

bool MappingAllowance::take() {
  std::size_t now = used.load(std::memory_order_relaxed);
  do {
    if (now + kMappingsPerStretch > limit) return false;
  } while (!used.compare_exchange_weak(now, now + kMappingsPerStretch, std::memory_order_relaxed));
  return true;
}

void MappingAllowance::give_back() {
  used.fetch_sub(kMappingsPerStretch, std::memory_order_relaxed);
}

GuardKind GuardPages::best(const PageCalls& calls, bool moving_allowed) {
  if (moving_allowed && moving_works(calls)) return GuardKind::moving;
  return marks_work(calls) ? GuardKind::marks : GuardKind::mappings;
}

std::size_t GuardPages::mapping_allowance(const PageCalls& calls) {
  const std::size_t limit = calls.mapping_limit(calls.context);
  return limit - limit / 4;
}

void GuardPages::start(const PageCalls& calls, GuardKind kind, MappingAllowance& allowance) {
  calls_ = calls;
  kind_ = kind;
  allowance_ = &allowance;
}

bool GuardPages::commit(Address at, std::size_t bytes) {
  if (!calls_.protect(calls_.context, at, bytes, true)) return false;
  bool done = true;
  if (kind_ == GuardKind::marks) done = mark(at, bytes);
  if (kind_ == GuardKind::moving) done = calls_.watch(calls_.context, at, bytes);
  if (kind_ == GuardKind::mappings) {
    // Linux joins neighbouring mappings if their pages have the same origin, which the first one
    // touched settles for all that are split off later.
    *reinterpret_cast<volatile char*>(at) = 0;
    done = calls_.protect(calls_.context, at, bytes, false);
    calls_.advise(calls_.context, at, bytes, PageCalls::Advice::drop);
  }
  if (!done) {
    calls_.protect(calls_.context, at, bytes, false);
    return false;
  }
  if (begin_.load(std::memory_order_relaxed) == 0) begin_.store(at, std::memory_order_relaxed);
  // Release: pairs with the acquire in `watch_again`.
  end_.store(at + bytes, std::memory_order_release);
  return true;
}

bool GuardPages::open(Address at, std::size_t bytes, const void* content) {
  switch (kind_) {
    case GuardKind::moving:
      return supply(at, content);
    case GuardKind::marks:
      return calls_.advise(calls_.context, at, bytes, PageCalls::Advice::unmark);
    case GuardKind::mappings:
      if (!allowance_->take()) return false;
      if (calls_.protect(calls_.context, at, bytes, true)) return true;
      allowance_->give_back();
      return false;
  }
  return false;
}

bool GuardPages::close(Address at, std::size_t bytes) {
  switch (kind_) {
    case GuardKind::moving:
      return calls_.advise(calls_.context, at, bytes, PageCalls::Advice::drop);
    case GuardKind::marks:
      return mark(at, bytes);
    case GuardKind::mappings:
      if (!calls_.protect(calls_.context, at, bytes, false)) return false;
      allowance_->give_back();
      calls_.advise(calls_.context, at, bytes, PageCalls::Advice::drop);
      return true;
  }
  return false;
}

bool GuardPages::move(Address from, Address to) {
  if (!calls_.watching(calls_.context)) watch_again();
  if (calls_.move(calls_.context, from, to)) return true;
  // What was shared at a fork cannot be moved, which is no reason for a second try.
  return watch_again() && calls_.move(calls_.context, from, to);
}

bool GuardPages::supply(Address at, const void* content) {
  if (!calls_.watching(calls_.context)) watch_again();
  if (calls_.supply(calls_.context, at, content)) return true;
  watch_again();
  // A forked child, before it watched, may have read there and so got memory.
  calls_.advise(calls_.context, at, kPageBytes, PageCalls::Advice::drop);
  return calls_.supply(calls_.context, at, content);
}

bool GuardPages::mark(Address at, std::size_t bytes) {
  if (calls_.advise(calls_.context, at, bytes, PageCalls::Advice::mark)) return true;
  // Of all pages at once: those of one block alone would become a mapping of their own.
  const Address begin = begin_.load(std::memory_order_relaxed);
  const Address first = begin == 0 ? at : begin;
  // Acquire: pairs with the release in `commit`.
  const Address end = std::max(end_.load(std::memory_order_acquire), at + bytes);
  calls_.unlock(calls_.context, first, end - first);
  return calls_.advise(calls_.context, at, bytes, PageCalls::Advice::mark);
}

void GuardPages::renew_after_fork() {
  reset(lock_);
  if (kind_ == GuardKind::moving) watch_again();
}

bool GuardPages::watch_again() {
  LockGuard guard(lock_);
  if (!calls_.renew(calls_.context)) return false;
  const Address begin = begin_.load(std::memory_order_relaxed);
  // Acquire: pairs with the release in `commit`.
  const Address end = end_.load(std::memory_order_acquire);
  return begin == 0 || calls_.watch(calls_.context, begin, end - begin);
}

}  // namespace arenite
