// SPDX-License-Identifier: MIT
// A file in memory, for readers that want a path: no disk, nothing left behind. And what every file
// that was let in goes through: its heaps audited, addresses of them located. For one thread.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "debug/audit/locate.hpp"
#include "debug/memory/cannot_tell.hpp"
#include "debug/target/inputs.hpp"
#include "fuzz/support/census.hpp"

namespace arenite::fuzz {

class MemoryFile {
 public:
  MemoryFile() : file_(::memfd_create("fuzzed", MFD_CLOEXEC)) {
    if (file_ < 0) std::abort();
  }
  ~MemoryFile() { ::close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  /// The path under which these bytes, and nothing else, are found now.
  std::string hold(std::span<const std::uint8_t> bytes) const {
    const auto size = static_cast<ssize_t>(bytes.size());
    if (::ftruncate(file_, 0) != 0 || ::pwrite(file_, bytes.data(), bytes.size(), 0) != size)
      std::abort();
    return "/proc/self/fd/" + std::to_string(file_);
  }

 private:
  int file_;
};

inline void locate_some(const AnyView& view, const Examination& examination) {
  for (const HeapReport& heap : examination.heaps) {
    if (heap.result.end != AuditEnd::complete) continue;
    const HeapPlan& plan = heap.result.plan;
    const Locator<AnyView> locator(view, plan);
    for (std::uint32_t pool = 0; pool < std::min(plan.pool_count, 256u); pool += 3)
      (void)locator.locate(plan.user(pool) + 40);
    (void)locator.locate(plan.root_address + 8);
    count("located", std::min(plan.pool_count, 256u) / 3 + 1);
  }
}

/// Whether `examine` let the file in; it may say no (CannotTell), and nothing else.
inline bool let_in(Examination (*examine)(const std::string& path, const AtRest& at_rest,
                                          const Told& told),
                   const std::string& path) {
  try {
    const Examination seen = examine(path, locate_some, {});
    count("let_in");
    for (const HeapReport& heap : seen.heaps) {
      count("findings", heap.findings.size());
      if (heap.findings.size() <= kInvariantCount * Findings::kDefaultLimit) continue;
      std::fprintf(stderr, "%zu findings of one heap\n", heap.findings.size());
      std::abort();
    }
    return true;
  } catch (const CannotTell&) {
    count("refused");
    return false;
  }
}

}  // namespace arenite::fuzz
