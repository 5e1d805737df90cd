// SPDX-License-Identifier: MIT
#include "debug/memory/memory_copy.hpp"

#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

namespace arenite {
namespace {

/// What a process claims to need beyond is not copied.
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

/// Below that, starting a thread takes longer than it helps.
constexpr std::size_t kWorthAThread = std::size_t{4} << 20;

std::size_t length_of(std::span<const Region> stretches) {
  std::size_t bytes = 0;
  for (const Region& region : stretches) bytes += region.end - region.begin;
  return bytes;
}

/// One call for many stretches: the debug layer's records are one for each pool, and a call for
/// each was most of the time a process stood. They follow each other at `to`.
bool read_all(pid_t pid, std::span<const Region> stretches, unsigned char* to) {
  std::array<iovec, 1024> remote;  // As many as the kernel takes.
  while (!stretches.empty()) {
    const std::size_t count = std::min(stretches.size(), remote.size());
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t length = stretches[i].end - stretches[i].begin;
      remote[i] = {reinterpret_cast<void*>(stretches[i].begin), length};
      bytes += length;
    }
    const iovec local{to, bytes};
    if (::process_vm_readv(pid, &local, 1, remote.data(), count, 0) != static_cast<ssize_t>(bytes))
      return false;
    to += bytes;
    stretches = stretches.subspan(count);
  }
  return true;
}

/// In two halves at once where there is much of it: a process that stands leaves its cores to us.
bool read_in_halves(pid_t pid, std::span<const Region> stretches, unsigned char* to) {
  const std::size_t bytes = length_of(stretches);
  std::size_t count = 0, half = 0;
  while (count < stretches.size() && half < bytes / 2) {
    half += stretches[count].end - stretches[count].begin;
    ++count;
  }
  if (bytes < kWorthAThread || std::thread::hardware_concurrency() < 2 || count == stretches.size())
    return read_all(pid, stretches, to);
  bool second = false;
  const auto rest = [&] { second = read_all(pid, stretches.subspan(count), to + half); };
  std::optional<std::thread> thread;
  try {
    thread.emplace(rest);
  } catch (const std::system_error&) {
    // No thread to be had.
    rest();
  }
  const bool first = read_all(pid, stretches.first(count), to);
  if (thread) thread->join();
  return first && second;
}

}  // namespace

MemoryCopy::~MemoryCopy() {
  for (const Room& room : rooms_) ::munmap(room.begin, room.bytes);
}

void MemoryCopy::prepare(std::size_t bytes) {
  prepared_ = 0;
  if (bytes == 0 || bytes > kMostBytes || room_for(bytes) == nullptr) return;
  // Younger than the headers; where the kernel does not know it, it is only slower.
  constexpr int kPopulateWrite = 23;
  (void)::madvise(rooms_.back().begin, bytes, kPopulateWrite);
  prepared_ = bytes;
}

unsigned char* MemoryCopy::room_for(std::size_t bytes) {
  if (bytes <= prepared_) {
    const Room& room = rooms_.back();
    unsigned char* at = room.begin + room.bytes - prepared_;
    prepared_ -= bytes;
    return at;
  }
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Fewer faults while the process stands; without, it is only slower.
  (void)::madvise(memory, bytes, MADV_HUGEPAGE);
  rooms_.push_back({static_cast<unsigned char*>(memory), bytes});
  prepared_ = 0;
  return rooms_.back().begin;
}

bool MemoryCopy::take(pid_t pid, std::span<const Region> stretches) {
  std::size_t bytes = 0;
  for (const Region& region : stretches) {
    if (region.end - region.begin > kMostBytes - bytes) return false;
    bytes += region.end - region.begin;
  }
  if (bytes == 0) return true;
  unsigned char* const to = room_for(bytes);
  if (to == nullptr || !read_in_halves(pid, stretches, to)) return false;
  const unsigned char* at = to;
  for (const Region& region : stretches) {
    pieces_.push_back({region, at});
    at += region.end - region.begin;
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
  auto piece = after - 1;
  if (at >= piece->region.end) return false;
  auto* out = static_cast<unsigned char*>(to);
  for (;;) {
    const std::size_t part = std::min<std::size_t>(bytes, piece->region.end - at);
    std::memcpy(out, piece->bytes + (at - piece->region.begin), part);
    bytes -= part;
    if (bytes == 0) return true;
    out += part;
    at += part;
    ++piece;
    if (piece == pieces_.end() || piece->region.begin != at) return false;
  }
}

}  // namespace arenite
