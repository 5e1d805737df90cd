// SPDX-License-Identifier: MIT
#include "debug/map/residency.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace arenite::map {
namespace {

constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
constexpr std::size_t kEntriesAtOnce = 1 << 15;

class PageMap {
 public:
  explicit PageMap(pid_t pid)
      : file_(::open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC)) {
  }
  ~PageMap() {
    if (file_ >= 0) ::close(file_);
  }
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  bool read(std::uint64_t page, std::uint64_t* entries, std::size_t count) const {
    const std::size_t bytes = count * sizeof *entries;
    const ssize_t got = ::pread(file_, entries, bytes, static_cast<off_t>(page * sizeof *entries));
    return got == static_cast<ssize_t>(bytes);
  }

 private:
  int file_;
};

}  // namespace

std::vector<std::uint8_t> resident_pages(pid_t pid, Address range, std::uint32_t pools,
                                         std::uint32_t pool_bytes) {
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (pool_bytes % page_bytes != 0 || range % page_bytes != 0) return {};
  const std::size_t each = pool_bytes / page_bytes;
  if (each > 255) return {};
  const PageMap map(pid);
  std::vector<std::uint8_t> resident(pools);
  std::vector<std::uint64_t> entries(kEntriesAtOnce / each * each);
  for (std::uint32_t pool = 0; pool < pools;) {
    const auto part =
        static_cast<std::uint32_t>(std::min<std::size_t>(pools - pool, entries.size() / each));
    if (!map.read(range / page_bytes + std::uint64_t{pool} * each, entries.data(), part * each))
      return {};
    for (std::size_t i = 0; i < part * each; ++i)
      if ((entries[i] & kPresent) != 0) ++resident[pool + i / each];
    pool += part;
  }
  return resident;
}

}  // namespace arenite::map
