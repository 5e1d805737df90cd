// SPDX-License-Identifier: MIT
#include "debug/leaks/memory_walk.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cerrno>

namespace arenite {
namespace {

constexpr std::uint64_t kInMemory = std::uint64_t{1} << 63;
constexpr std::uint64_t kSwappedOut = std::uint64_t{1} << 62;
constexpr std::uint64_t kFileOrShared = std::uint64_t{1} << 61;

int open_file(const char* path) {
  return static_cast<int>(raw_syscall(SYS_open, path, O_RDONLY | O_CLOEXEC));
}

}  // namespace

MemoryWalk::MemoryWalk(MemoryWays ways)
    : buffers_(kPieceBytes + kEntriesBytes), by_call_(ways.by_call) {
  if (!buffers_.had()) return;
  if (ways.pagemap) pagemap_ = open_file("/proc/self/pagemap");
  // The call may be there and forbidden.
  const int probe = 0;
  int copied;
  if (by_call_ && copy_by_call(reinterpret_cast<Address>(&probe), &copied, sizeof probe) == 0)
    by_call_ = false;
  if (!by_call_ && ways.by_file) file_ = open_file("/proc/self/mem");
}

MemoryWalk::~MemoryWalk() {
  if (file_ >= 0) raw_syscall(SYS_close, file_);
  if (pagemap_ >= 0) raw_syscall(SYS_close, pagemap_);
}

std::size_t MemoryWalk::copy_some(Address at, void* to, std::size_t bytes) {
  const std::size_t got = by_call_ ? copy_by_call(at, to, bytes) : copy_by_file(at, to, bytes);
  if (got != 0 || bytes <= kPageBytes) return got;
  // The kernel may refuse a whole stretch for a page further on in it.
  const std::size_t in_page = kPageBytes - at % kPageBytes;
  return by_call_ ? copy_by_call(at, to, in_page) : copy_by_file(at, to, in_page);
}

std::size_t MemoryWalk::copy_by_call(Address at, void* to, std::size_t bytes) {
  const iovec here{to, bytes};
  const iovec there{reinterpret_cast<void*>(at), bytes};
  const long got =
      raw_syscall(SYS_process_vm_readv, raw_syscall(SYS_getpid), &here, 1, &there, 1, 0);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

std::size_t MemoryWalk::copy_by_file(Address at, void* to, std::size_t bytes) {
  if (file_ < 0) return 0;
  const long got = raw_syscall(SYS_pread64, file_, to, bytes, at);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

Region MemoryWalk::next_present(Address begin, Address end, Pages which) {
  if (pagemap_ < 0) return {begin, end};
  Address page = begin & ~(kPageBytes - 1);
  // What was loaded for the stretch before may be old by now.
  entries_begin_ = entries_end_ = 0;
  if (!load_entries(page, end)) return {begin, end};
  while (page < end && !present(page, which)) {
    page += kPageBytes;
    if (page < end && page == entries_end_ && !load_entries(page, end)) return {page, end};
  }
  const Address from = std::max(begin, page);
  if (from >= end) return {end, end};
  while (page < end && page < entries_end_ && present(page, which)) page += kPageBytes;
  return {from, std::min(page, end)};
}

bool MemoryWalk::present(Address page, Pages which) {
  const auto* entries = buffers_.data<std::uint64_t>(kPieceBytes);
  const std::uint64_t entry = entries[(page - entries_begin_) / kPageBytes];
  if ((entry & (kInMemory | kSwappedOut)) == 0) return false;
  return which == Pages::all || (entry & kFileOrShared) == 0;
}

/// False if the system does not tell: the pages from here on count as being there.
bool MemoryWalk::load_entries(Address page, Address end) {
  const std::size_t pages =
      std::min<std::size_t>((end - page + kPageBytes - 1) / kPageBytes, kEntries);
  const long got =
      raw_syscall(SYS_pread64, pagemap_, buffers_.data(kPieceBytes), pages * sizeof(std::uint64_t),
                  page / kPageBytes * sizeof(std::uint64_t));
  if (got < static_cast<long>(sizeof(std::uint64_t))) return false;
  entries_begin_ = page;
  entries_end_ = page + static_cast<std::size_t>(got) / sizeof(std::uint64_t) * kPageBytes;
  return true;
}

}  // namespace arenite
