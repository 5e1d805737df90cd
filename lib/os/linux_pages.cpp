// SPDX-License-Identifier: MIT
#include "os/linux_pages.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/bits.hpp"

namespace arenite {
namespace {

/// malloc and free promise errno only where they say so; system calls here must not leak theirs.
class ErrnoKept {
 public:
  ErrnoKept() : saved_(errno) {}
  ~ErrnoKept() { errno = saved_; }
  ErrnoKept(const ErrnoKept&) = delete;
  ErrnoKept& operator=(const ErrnoKept&) = delete;

 private:
  int saved_;
};

void* pointer(Address at) {
  return reinterpret_cast<void*>(at);
}

Address map_inaccessible(void* hint, std::size_t bytes, int flags) {
  void* at =
      ::mmap(hint, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
  return at == MAP_FAILED ? 0 : reinterpret_cast<Address>(at);
}

/// Address space in use, in bytes, by /proc/self/statm; 0 if it cannot be read.
std::size_t address_space_used() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[64];
  const ssize_t length = ::read(file, text, sizeof text);
  ::close(file);
  std::size_t pages = 0;
  for (ssize_t i = 0; i < length && text[i] >= '0' && text[i] <= '9'; ++i)
    pages = pages * 10 + static_cast<std::size_t>(text[i] - '0');
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

Address LinuxPages::reserve(std::size_t bytes, std::size_t alignment) {
  ErrnoKept kept;
  const std::size_t slack = alignment;
  if (bytes > SIZE_MAX - slack) return 0;
  const Address got = map_inaccessible(nullptr, bytes + slack, 0);
  if (got == 0) return 0;
  const Address at = round_up(got, alignment);
  if (at > got) ::munmap(pointer(got), at - got);
  if (at + bytes < got + bytes + slack)
    ::munmap(pointer(at + bytes), got + bytes + slack - (at + bytes));
  // Core files hold what was committed, not a terabyte of nothing.
  ::madvise(pointer(at), bytes, MADV_DONTDUMP);
  return at;
}

void LinuxPages::unreserve(Address at, std::size_t bytes) {
  ErrnoKept kept;
  ::munmap(pointer(at), bytes);
}

bool LinuxPages::commit(Address at, std::size_t bytes) {
  ErrnoKept kept;
  if (::mprotect(pointer(at), bytes, PROT_READ | PROT_WRITE) != 0) return false;
  ::madvise(pointer(at), bytes, MADV_DODUMP);
  return true;
}

bool LinuxPages::decommit(Address at, std::size_t bytes) {
  ErrnoKept kept;
  return ::madvise(pointer(at), bytes, MADV_DONTNEED) == 0;
}

bool LinuxPages::move(Address from, Address to, std::size_t bytes) {
  ErrnoKept kept;
  // First to where the system likes: before Linux 6.17, mremap to a fixed place unmaps what is
  // there and only then refuses a source that is not one mapping, and moved pages are a mapping of
  // their own. The old stretch stays mapped and reads as zero (Linux 5.7); older kernels refuse.
  void* between = ::mremap(pointer(from), bytes, bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, nullptr);
  if (between == MAP_FAILED) return false;
  if (::mremap(between, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, pointer(to)) != MAP_FAILED)
    return true;
  std::memcpy(pointer(from), between, bytes);
  ::munmap(between, bytes);
  return false;
}

void LinuxPages::prefer(Address at, std::size_t bytes, PageSize size) {
  ErrnoKept kept;
  ::madvise(pointer(at), bytes, size == PageSize::large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

std::size_t LinuxPages::reserve_limit() {
  ErrnoKept kept;
  struct rlimit limit;
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  const std::size_t used = address_space_used();
  return limit.rlim_cur > used ? (limit.rlim_cur - used) / 2 : 0;
}

}  // namespace arenite
