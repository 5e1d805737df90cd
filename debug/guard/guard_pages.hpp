// SPDX-License-Identifier: MIT
// How the pages of a stretch of address space are made inaccessible and accessible again. Three
// ways; the best the kernel has is found out at run time. CPU time for a block of one page to come
// and go, on Linux 6.18 in a virtual machine, where a page fault alone is 1.5 us:
//
// moving, 1.2 us: memory is moved from the freed page to one about to be used, and what has no
// memory faults with SIGBUS (UFFDIO_MOVE, Linux 6.8). Only for pages a program has no business to
// give back by madvise itself, those of small blocks.
//
// marks, 4.9 us: MADV_GUARD_INSTALL and MADV_GUARD_REMOVE, Linux 6.13; no mapping per block.
//
// mappings, 8.8 us: mprotect. Each accessible stretch costs two mappings; neighbours that are
// inaccessible share one. Refuses when the allowance is used up.
//
// Thread-safe as far as the stretches differ; keeps errno.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "debug/guard/page_calls.hpp"
#include "os/lock.hpp"

namespace arenite {

enum class GuardKind : std::uint8_t { moving, marks, mappings };

/// Mappings in use and how many may be, shared by all that take some.
struct MappingAllowance {
  std::size_t limit = 0;
  std::atomic<std::size_t> used{0};

  bool take();
  void give_back();
};

class GuardPages {
 public:
  /// The best way there is, tried out on pages of its own.
  static GuardKind best(const PageCalls& calls, bool moving_allowed);
  /// Three quarters of what the kernel allows; the rest is the program's.
  static std::size_t mapping_allowance(const PageCalls& calls);

  void start(const PageCalls& calls, GuardKind kind, MappingAllowance& allowance);
  GuardKind kind() const { return kind_; }

  /// Takes in reserved pages, which follow those taken in before; all stay inaccessible.
  bool commit(Address at, std::size_t bytes);
  /// Makes inaccessible pages accessible. With `moving`, one page, and it holds a copy of
  /// `content`; otherwise all read as zero.
  bool open(Address at, std::size_t bytes, const void* content);
  /// Makes accessible pages inaccessible and gives their memory back. False: they may be accessible
  /// still.
  bool close(Address at, std::size_t bytes);
  /// With `moving` alone: closes one page and opens another, which has the content of the first.
  /// False: nothing has changed.
  bool move(Address from, Address to);

  /// In a forked child, before anything else.
  void renew_after_fork();

 private:
  bool supply(Address at, const void* content);
  bool mark(Address at, std::size_t bytes);
  /// Whether the kernel had lost sight of the pages and has it again.
  bool watch_again();

  PageCalls calls_{};
  GuardKind kind_ = GuardKind::mappings;
  MappingAllowance* allowance_ = nullptr;
  std::atomic<Address> begin_{0};
  std::atomic<Address> end_{0};
  LockWord lock_{0};
};

}  // namespace arenite
