// SPDX-License-Identifier: MIT
#include "debug/leaks/leak_sites.hpp"

#include <algorithm>
#include <tuple>

namespace arenite {
namespace {

void count(LeakAmount& amount, std::size_t bytes) {
  amount.bytes += bytes;
  ++amount.objects;
}

}  // namespace

bool LeakSites::gather(const LeakSettings& settings, LeakTotals& totals) {
  list_leaks();
  if (leaks_ == 0) return true;
  std::size_t stacks = 1;
  for (std::size_t i = 1; i < leaks_; ++i)
    if (blocks_[order_[i]].allocated != blocks_[order_[i - 1]].allocated) ++stacks;
  if (!memory_.map(stacks * sizeof(LeakSite))) return false;
  sites_ = memory_.data<LeakSite>();
  if (settings.suppressed != nullptr) {
    suppress_stacks(settings);
    suppress_what_hangs();
  }
  for (std::size_t i = 0; i < leaks_; ++i) add(order_[i], totals);
  std::sort(sites_, sites_ + count_, [](const LeakSite& a, const LeakSite& b) {
    return std::tuple(b.direct.bytes, b.indirect.bytes, b.direct.objects, a.stack) <
           std::tuple(a.direct.bytes, a.indirect.bytes, a.direct.objects, b.stack);
  });
  totals.sites = count_;
  return true;
}

/// By stack, and by address among those of one.
void LeakSites::list_leaks() {
  for (std::uint32_t block = 0; block < blocks_.count(); ++block)
    if (blocks_[block].mark == LeakMark::direct || blocks_[block].mark == LeakMark::indirect)
      order_[leaks_++] = block;
  std::sort(order_, order_ + leaks_, [this](std::uint32_t a, std::uint32_t b) {
    return std::tuple(blocks_[a].allocated, blocks_[a].begin) <
           std::tuple(blocks_[b].allocated, blocks_[b].begin);
  });
}

void LeakSites::suppress_stacks(const LeakSettings& settings) {
  bool suppressed = false;
  for (std::size_t i = 0; i < leaks_; ++i) {
    LiveBlock& block = blocks_[order_[i]];
    if (i == 0 || block.allocated != blocks_[order_[i - 1]].allocated)
      suppressed = settings.suppressed(settings.context, block.allocated);
    if (suppressed) block.mark = LeakMark::suppressed;
  }
}

void LeakSites::suppress_what_hangs() {
  for (std::size_t i = 0; i < leaks_; ++i) {
    LiveBlock& block = blocks_[order_[i]];
    if (block.mark == LeakMark::indirect &&
        blocks_[reach_.top_of(order_[i])].mark == LeakMark::suppressed)
      block.mark = LeakMark::suppressed;
  }
}

/// Blocks come by stack, so the group is the last one or a new one.
void LeakSites::add(std::uint32_t index, LeakTotals& totals) {
  const LiveBlock& block = blocks_[index];
  const std::size_t bytes = blocks_.size(index);
  if (block.mark == LeakMark::suppressed) return count(totals.suppressed, bytes);
  if (count_ == 0 || sites_[count_ - 1].stack != block.allocated) {
    sites_[count_++] = LeakSite{};
    sites_[count_ - 1].stack = block.allocated;
  }
  LeakSite& site = sites_[count_ - 1];
  const bool direct = block.mark == LeakMark::direct;
  if (site.example == 0 || (direct && site.direct.objects == 0)) {
    site.example = block.begin;
    site.example_bytes = bytes;
  }
  count(direct ? site.direct : site.indirect, bytes);
  count(direct ? totals.direct : totals.indirect, bytes);
}

void LeakSites::tell(void (*report)(void* reporter, const LeakSite& site), void* reporter) const {
  for (std::size_t i = 0; i < count_; ++i) report(reporter, sites_[i]);
}

}  // namespace arenite
