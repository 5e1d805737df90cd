// SPDX-License-Identifier: MIT
#include "debug/memory/memory_copy.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace arenite {
namespace {

/// Larger pieces gain nothing.
constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
/// What a process claims to need beyond is not copied.
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

bool read_all(pid_t pid, Region region, unsigned char* to) {
  for (Address at = region.begin; at < region.end;) {
    const std::size_t part = std::min<std::size_t>(region.end - at, kPieceBytes);
    const iovec local{to + (at - region.begin), part};
    const iovec remote{reinterpret_cast<void*>(at), part};
    if (::process_vm_readv(pid, &local, 1, &remote, 1, 0) != static_cast<ssize_t>(part))
      return false;
    at += part;
  }
  return true;
}

}  // namespace

bool MemoryCopy::take(pid_t pid, std::span<const Region> stretches) {
  std::size_t room = kMostBytes;
  for (const Region& region : stretches) {
    if (region.end - region.begin > room) return false;
    room -= region.end - region.begin;
    std::unique_ptr<unsigned char[]> bytes(
        new (std::nothrow) unsigned char[region.end - region.begin]);
    if (!bytes || !read_all(pid, region, bytes.get())) return false;
    pieces_.push_back({region, std::move(bytes)});
  }
  std::sort(pieces_.begin(), pieces_.end(),
            [](const Piece& a, const Piece& b) { return a.region.begin < b.region.begin; });
  return true;
}

std::size_t MemoryCopy::bytes() const {
  std::size_t sum = 0;
  for (const Piece& piece : pieces_) sum += piece.region.end - piece.region.begin;
  return sum;
}

bool MemoryCopy::read(Address at, void* to, std::size_t bytes) const {
  const auto after = std::upper_bound(
      pieces_.begin(), pieces_.end(), at,
      [](Address wanted, const Piece& piece) { return wanted < piece.region.begin; });
  if (after == pieces_.begin()) return false;
  const Piece& piece = *(after - 1);
  const std::size_t offset = at - piece.region.begin;
  if (at >= piece.region.end || bytes > piece.region.end - at) return false;
  std::memcpy(to, piece.bytes.get() + offset, bytes);
  return true;
}

}  // namespace arenite
