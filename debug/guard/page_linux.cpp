// SPDX-License-Identifier: MIT
#include "debug/guard/page_linux.hpp"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string_view>

namespace arenite {
namespace {

// Younger than the headers of Debian 12.
constexpr int kDropLocked = 24;  // what mlockall locked, too; Linux 5.18
constexpr int kGuardInstall = 102;
constexpr int kGuardRemove = 103;
constexpr std::uint64_t kFeatureMove = 1u << 16;
constexpr int kUserModeOnly = 1;
struct MoveRequest {
  std::uint64_t to;
  std::uint64_t from;
  std::uint64_t bytes;
  std::uint64_t mode;
  std::int64_t moved;
};
constexpr unsigned long kMove = _IOWR(UFFDIO, 0x05, MoveRequest);

/// Programs that close or count descriptors rarely look this far; select() takes up to 1023.
constexpr int kLeastDescriptor = 960;
constexpr std::size_t kDefaultMappingLimit = 65530;
/// A fork or a mapping change of another thread makes the kernel ask for another try.
constexpr int kTries = 16;

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

template <class Request>
bool ask(int descriptor, unsigned long what, Request& request) {
  for (int i = 0; i < kTries; ++i) {
    if (::ioctl(descriptor, what, &request) == 0) return true;
    if (errno != EAGAIN) return false;
  }
  return false;
}

}  // namespace

struct LinuxPageCallFunctions {
  static LinuxPageCalls& self(void* context) { return *static_cast<LinuxPageCalls*>(context); }

  static Address reserve(void*, std::size_t bytes) {
    ErrnoKept kept;
    void* at =
        ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return 0;
    // A debugger that writes a core would write all of it.
    ::madvise(at, bytes, MADV_DONTDUMP);
    return reinterpret_cast<Address>(at);
  }

  static void release(void*, Address at, std::size_t bytes) {
    ErrnoKept kept;
    ::munmap(pointer(at), bytes);
  }

  static bool protect(void*, Address at, std::size_t bytes, bool accessible) {
    ErrnoKept kept;
    return ::mprotect(pointer(at), bytes, accessible ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
  }

  static bool advise(void*, Address at, std::size_t bytes, PageCalls::Advice advice) {
    ErrnoKept kept;
    constexpr int kAdvices[] = {kDropLocked, kGuardInstall, kGuardRemove, MADV_DODUMP};
    if (::madvise(pointer(at), bytes, kAdvices[static_cast<int>(advice)]) == 0) return true;
    return advice == PageCalls::Advice::drop && ::madvise(pointer(at), bytes, MADV_DONTNEED) == 0;
  }

  static void unlock(void*, Address at, std::size_t bytes) {
    ErrnoKept kept;
    ::munlock(pointer(at), bytes);
  }

  static bool watch(void* context, Address at, std::size_t bytes) {
    ErrnoKept kept;
    if (self(context).descriptor_ < 0 && !self(context).open()) return false;
    // A huge page could not be moved page by page.
    ::madvise(pointer(at), bytes, MADV_NOHUGEPAGE);
    uffdio_register request{{at, bytes}, UFFDIO_REGISTER_MODE_MISSING, 0};
    return ask(self(context).descriptor_, UFFDIO_REGISTER, request);
  }

  static bool supply(void* context, Address at, const void* from) {
    ErrnoKept kept;
    uffdio_copy request{at, reinterpret_cast<std::uint64_t>(from), kPageBytes, 0, 0};
    return ask(self(context).descriptor_, UFFDIO_COPY, request);
  }

  static bool move(void* context, Address from, Address to) {
    ErrnoKept kept;
    MoveRequest request{to, from, kPageBytes, 0, 0};
    return ask(self(context).descriptor_, kMove, request);
  }

  static bool watching(void* context) {
    return self(context).same_process_ != nullptr &&
           self(context).same_process_->load(std::memory_order_relaxed) != 0;
  }

  static bool renew(void* context) {
    ErrnoKept kept;
    LinuxPageCalls& calls = self(context);
    const bool ours = calls.descriptor_is_ours();
    if (ours && watching(context)) return false;
    if (ours) ::close(calls.descriptor_);
    calls.descriptor_ = -1;
    return calls.open();
  }

  static std::size_t mapping_limit(void*) {
    ErrnoKept kept;
    const int file = ::open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
    if (file < 0) return kDefaultMappingLimit;
    char text[24];
    const ssize_t length = ::read(file, text, sizeof text);
    ::close(file);
    std::size_t limit = 0;
    for (ssize_t i = 0; i < length && text[i] >= '0' && text[i] <= '9'; ++i)
      limit = limit * 10 + static_cast<std::size_t>(text[i] - '0');
    return limit == 0 ? kDefaultMappingLimit : limit;
  }
};

PageCalls LinuxPageCalls::table() {
  using Functions = LinuxPageCallFunctions;
  return {this,
          Functions::reserve,
          Functions::release,
          Functions::protect,
          Functions::advise,
          Functions::unlock,
          Functions::watch,
          Functions::supply,
          Functions::move,
          Functions::watching,
          Functions::renew,
          Functions::mapping_limit};
}

bool LinuxPageCalls::open() {
  if (same_process_ == nullptr) {
    void* page =
        ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    if (::madvise(page, kPageBytes, MADV_WIPEONFORK) != 0) {
      ::munmap(page, kPageBytes);
      return false;
    }
    same_process_ = ::new (page) std::atomic<std::uint32_t>(0);
  }
  const long got = ::syscall(SYS_userfaultfd, O_CLOEXEC | kUserModeOnly);
  if (got < 0) return false;
  int descriptor = static_cast<int>(got);
  uffdio_api api{UFFD_API, UFFD_FEATURE_SIGBUS | kFeatureMove, 0};
  if (::ioctl(descriptor, UFFDIO_API, &api) != 0) {
    ::close(descriptor);
    return false;
  }
  const int high = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kLeastDescriptor);
  if (high >= 0) {
    ::close(descriptor);
    descriptor = high;
  }
  descriptor_ = descriptor;
  same_process_->store(1, std::memory_order_relaxed);
  return true;
}

bool LinuxPageCalls::descriptor_is_ours() const {
  if (descriptor_ < 0) return false;
  constexpr std::string_view kPrefix = "/proc/self/fd/", kName = "anon_inode:[userfaultfd]";
  char path[kPrefix.size() + 12] = {};
  std::memcpy(path, kPrefix.data(), kPrefix.size());
  char digits[12];
  std::size_t count = 0;
  for (int rest = descriptor_; rest != 0 || count == 0; rest /= 10)
    digits[count++] = static_cast<char>('0' + rest % 10);
  for (std::size_t i = 0; i < count; ++i) path[kPrefix.size() + i] = digits[count - 1 - i];
  char name[64];
  const ssize_t length = ::readlink(path, name, sizeof name);
  return length > 0 && std::string_view(name, static_cast<std::size_t>(length)) == kName;
}

void LinuxPageCalls::close() {
  if (descriptor_is_ours()) ::close(descriptor_);
  descriptor_ = -1;
  if (same_process_ != nullptr) ::munmap(same_process_, kPageBytes);
  same_process_ = nullptr;
}

}  // namespace arenite
