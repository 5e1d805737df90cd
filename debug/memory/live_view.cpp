// SPDX-License-Identifier: MIT
#include "debug/memory/live_view.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace arenite {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kBlockPages = 64;
constexpr std::size_t kBlockBytes = kPageBytes * kBlockPages;
constexpr std::size_t kSlots = 256;

}  // namespace

struct LiveView::Block {
  Address number = ~Address{0};
  std::uint64_t readable = 0;  ///< a bit for each page
  std::array<unsigned char, kBlockBytes> bytes;
};

LiveView::LiveView(pid_t pid) : pid_(pid), slots_(kSlots) {}
LiveView::~LiveView() = default;

/// The kernel stops at the first remote stretch it cannot read, so each page is a stretch, and
/// reading goes on behind the one that failed.
void LiveView::load(Block& block, Address number) const {
  block.number = number;
  block.readable = 0;
  std::array<iovec, kBlockPages> remote;
  for (std::size_t i = 0; i < kBlockPages; ++i)
    remote[i] = {reinterpret_cast<void*>(number * kBlockBytes + i * kPageBytes), kPageBytes};
  for (std::size_t page = 0; page < kBlockPages;) {
    const iovec local{block.bytes.data() + page * kPageBytes, kBlockBytes - page * kPageBytes};
    const ssize_t got =
        ::process_vm_readv(pid_, &local, 1, remote.data() + page, kBlockPages - page, 0);
    const std::size_t pages = got < 0 ? 0 : static_cast<std::size_t>(got) / kPageBytes;
    for (std::size_t i = 0; i < pages; ++i) block.readable |= std::uint64_t{1} << (page + i);
    page += pages + 1;
  }
}

const LiveView::Block& LiveView::block(Address number) const {
  std::unique_ptr<Block>& slot = slots_[number % kSlots];
  if (!slot) slot = std::make_unique<Block>();
  if (slot->number != number) load(*slot, number);
  return *slot;
}

bool LiveView::read(Address at, void* to, std::size_t bytes) const {
  if (bytes > ~at) return false;
  auto* out = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const Block& from = block(at / kBlockBytes);
    const std::size_t offset = at % kBlockBytes;
    const std::size_t part = std::min(bytes, kPageBytes - offset % kPageBytes);
    if ((from.readable >> (offset / kPageBytes) & 1) == 0) return false;
    std::memcpy(out, from.bytes.data() + offset, part);
    at += part, out += part, bytes -= part;
  }
  return true;
}

}  // namespace arenite
