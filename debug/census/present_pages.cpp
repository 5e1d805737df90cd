// SPDX-License-Identifier: MIT
#include "debug/census/present_pages.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/bits.hpp"

namespace arenite {
namespace {

constexpr std::uint64_t kPageBytes = 4096;
constexpr std::size_t kEntries = 8192;
/// Bits of an entry in /proc/PID/pagemap.
constexpr std::uint64_t kInMemory = std::uint64_t{1} << 63, kSwappedOut = std::uint64_t{1} << 62;

}  // namespace

PresentPages::PresentPages(pid_t pid, std::span<const Region> untouched) : untouched_(untouched) {
  if (pid != 0)
    file_ = ::open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC);
}

PresentPages::~PresentPages() {
  if (file_ >= 0) ::close(file_);
}

Region PresentPages::next(Address begin, Address end) {
  if (begin >= end) return {end, end};
  if (file_ < 0) return next_told(begin, end);
  Address page = round_down(begin, kPageBytes);
  for (;; page += kPageBytes) {
    if (page >= end) return {end, end};
    if (!load(page, end)) return {std::max(begin, page), end};
    if (present(page)) break;
  }
  const Address from = std::max(begin, page);
  while (page < end && load(page, end) && present(page)) page += kPageBytes;
  return {from, std::min(page, end)};
}

Region PresentPages::next_told(Address begin, Address end) const {
  auto hole = std::upper_bound(untouched_.begin(), untouched_.end(), begin,
                               [](Address at, const Region& region) { return at < region.end; });
  for (; hole != untouched_.end() && hole->begin <= begin && begin < end; ++hole) begin = hole->end;
  begin = std::min(begin, end);
  return {begin, hole == untouched_.end() ? end : std::clamp(hole->begin, begin, end)};
}

bool PresentPages::load(Address page, Address end) {
  if (page >= loaded_begin_ && page < loaded_end_) return true;
  entries_.resize(std::min<std::uint64_t>((end - page + kPageBytes - 1) / kPageBytes, kEntries));
  const ssize_t got = ::pread(file_, entries_.data(), entries_.size() * sizeof entries_[0],
                              static_cast<off_t>(page / kPageBytes * sizeof entries_[0]));
  if (got < static_cast<ssize_t>(sizeof entries_[0])) return false;
  loaded_begin_ = page;
  loaded_end_ = page + static_cast<std::uint64_t>(got) / sizeof entries_[0] * kPageBytes;
  return true;
}

bool PresentPages::present(Address page) const {
  const std::uint64_t entry = entries_[(page - loaded_begin_) / kPageBytes];
  return (entry & (kInMemory | kSwappedOut)) != 0;
}

}  // namespace arenite
