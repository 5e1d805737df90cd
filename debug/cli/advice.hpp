// SPDX-License-Identifier: MIT
// What typically breaks an invariant, and what to do then; for `arenite explain` and the help of
// SARIF rules. By kind of structure, with more for single ids.
#pragma once

#include <array>
#include <string_view>

namespace arenite::cli {

struct Advice {
  std::string_view id;  ///< or its letter, for all of the kind
  const char* causes;
  const char* action;
};

// clang-format off
inline constexpr auto kAdvice = std::to_array<Advice>({
    {"R1", "A library of another version was loaded or replaced under the process; or a wild write hit the library's data.",
     "Compare `arenite --version` and the library's build id; if they agree, run under mode=page to catch the write."},
    {"R3", "The library was upgraded while the process ran.",
     "Restart the process; until then use the tool of the library it was started with."},
    {"R", "A wild write into the library's data: an index far out of bounds, a stale pointer to a global.",
     "Watch the root in a debugger (its address is in the finding), or run under mode=page."},
    {"A5", "The program itself, or a sandbox, called mprotect or mmap with MAP_FIXED over the reservation.",
     "Trace those calls: strace -e mmap,mprotect,munmap."},
    {"A", "A wild write into the arena table; the table is far from users' memory, so it is no plain overflow.",
     "Run under mode=page; look in the finding for a value you know, it often names the writer."},
    {"P8", "A double free of a block that was never handed out again, or a free of an address computed wrongly.",
     "Run under mode=debug: it reports the bad free itself, with its stack."},
    {"P", "A double free, a free of a pointer that is no block, or a wild write into the pool tables.",
     "Run under mode=debug, which reports bad frees where they happen."},
    {"B1", "A double free.",
     "Run under mode=debug: the second free is reported with both stacks."},
    {"B", "A double free, or a wild write into the tables.",
     "Run under mode=debug, then mode=page."},
    {"L", "A free of a pointer inside a large block, or a wild write into the pool descriptors.",
     "Run under mode=debug, which reports frees of what is no block."},
    {"T1", "A thread's memory was overwritten; or a thread was ended without its destructors, as by a bare exit system call.",
     "Look for pthread_kill or raw SYS_exit; otherwise run under mode=page."},
    {"T2", "A double free: the array holds the block twice; or a pointer freed that never was a block.",
     "Run under mode=debug: the bad free is reported with its stack."},
    {"S", "A count was missed inside the allocator: please report it with a snapshot; or a wild write.",
     "arenite snapshot --pid N -o bug.arn, and file it."},
    {"D1", "A write before the beginning of a block: an index of -1, a decremented pointer; or the end of the block before ran over.",
     "The finding names the block and who allocated it; mode=page:side=left stops at the write itself."},
    {"D2", "A write behind the end of a block: a length off by one, a missing terminating zero, a wrong element size.",
     "The finding names the block and who allocated it; mode=page stops at the write itself."},
    {"D3", "A write to a block after it was freed: a pointer kept somewhere else.",
     "The finding names who allocated and who freed it; mode=page stops at the write itself."},
    {"D6", "The program itself, or a sandbox, called mprotect, madvise or mmap with MAP_FIXED over blocks.",
     "Trace those calls: strace -e mmap,mprotect,madvise."},
    {"D", "A wild write into the debug layer's tables.",
     "Run under mode=page; take a snapshot and look at what the value is."},
});
// clang-format on

/// That of the id, or of its kind; never null for an id there is.
constexpr const Advice* advice_of(std::string_view id) {
  for (const Advice& one : kAdvice)
    if (one.id == id) return &one;
  for (const Advice& one : kAdvice)
    if (one.id == id.substr(0, 1)) return &one;
  return nullptr;
}

}  // namespace arenite::cli
