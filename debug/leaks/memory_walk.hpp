// SPDX-License-Identifier: MIT
// Reads stretches of this process's memory without ever faulting, whoever unmaps or protects them
// meanwhile, and without touching pages that were never written. Two ways, for containers that
// forbid the one and processes that have lost the right to the other: process_vm_readv, and
// /proc/self/mem. Which pages are there is asked of /proc/self/pagemap; where that is not to be
// had, all are read.
//
// Never allocates but its own buffers, mapped at construction; errno is kept. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "debug/leaks/mapped_memory.hpp"

namespace arenite {

/// Which pages of a stretch are read.
enum class Pages : std::uint8_t {
  own,  ///< written by this process: no page that shows a file or is shared with another process
  all   ///< whatever is in memory or swapped out
};

struct MemoryWays {
  bool by_call = true;  ///< process_vm_readv
  bool by_file = true;  ///< /proc/self/mem
  bool pagemap = true;
};

class MemoryWalk {
 public:
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

  /// `ways`: which may be used; a test closes some.
  explicit MemoryWalk(MemoryWays ways = {});
  ~MemoryWalk();
  MemoryWalk(const MemoryWalk&) = delete;
  MemoryWalk& operator=(const MemoryWalk&) = delete;

  /// Whether anything can be read at all.
  bool usable() const { return buffers_.had() && (by_call_ || file_ >= 0); }
  bool knows_pages() const { return pagemap_ >= 0; }
  Region memory() const { return buffers_.region(); }

  /// Calls `visit(at, bytes, count)` for the parts of [begin, end) that are there, in order, with a
  /// copy of them. Two words' worth of bytes that lie in one readable stretch are seen together at
  /// least once: pieces overlap by a word.
  template <class Visit>
  void read(Address begin, Address end, Pages which, Visit visit) {
    while (begin < end) {
      const Region present = next_present(begin, end, which);
      read_present(present.begin, present.end, visit);
      begin = present.end;
    }
  }

  /// Copies all of [at, at + bytes), or says false.
  bool copy(Address at, void* to, std::size_t bytes) { return copy_some(at, to, bytes) == bytes; }

 private:
  static constexpr std::size_t kEntriesBytes = std::size_t{64} << 10;
  static constexpr std::size_t kEntries = kEntriesBytes / sizeof(std::uint64_t);
  static constexpr std::size_t kOverlap = sizeof(Address);

  template <class Visit>
  void read_present(Address begin, Address end, Visit& visit) {
    auto* piece = buffers_.data<unsigned char>();
    while (begin < end) {
      const std::size_t wanted = std::min<std::size_t>(end - begin, kPieceBytes);
      const std::size_t got = copy_some(begin, piece, wanted);
      if (got == 0) {
        // Past the page that cannot be read.
        begin = (begin | (kPageBytes - 1)) + 1;
        continue;
      }
      visit(begin, static_cast<const unsigned char*>(piece), got);
      const bool goes_on = got == wanted && begin + got < end && got > kOverlap;
      begin += goes_on ? got - kOverlap : got;
    }
  }

  /// How many bytes from the first could be copied: not all if a page on the way cannot be read.
  std::size_t copy_some(Address at, void* to, std::size_t bytes);
  std::size_t copy_by_call(Address at, void* to, std::size_t bytes);
  std::size_t copy_by_file(Address at, void* to, std::size_t bytes);
  /// The next stretch of such pages in [begin, end); an empty one at `end` if there is none.
  Region next_present(Address begin, Address end, Pages which);
  bool present(Address page, Pages which);
  bool load_entries(Address page, Address end);

  MappedMemory buffers_;
  bool by_call_;
  int file_ = -1;
  int pagemap_ = -1;
  /// The pages whose entries are in the buffer.
  Address entries_begin_ = 0;
  Address entries_end_ = 0;
};

}  // namespace arenite
