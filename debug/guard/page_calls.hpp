// SPDX-License-Identifier: MIT
// What the page-guard heap asks of the kernel, as a table of functions, so that tests can put a
// recording or a failing kernel in. Every member keeps errno, never allocates, and is safe in a
// signal handler as far as the system call is. All sizes are whole pages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"

namespace arenite {

inline constexpr std::size_t kPageBytes = 4096;

struct PageCalls {
  enum class Advice : std::uint8_t {
    drop,    ///< the memory goes; the next access finds none
    mark,    ///< the memory goes, and every access faults (MADV_GUARD_INSTALL, Linux 6.13)
    unmark,  ///< takes marks away
    keep,    ///< core files hold what is there; reserved address space they do not
  };

  void* context = nullptr;
  /// Address space nobody may touch; 0 if there is none left.
  Address (*reserve)(void* context, std::size_t bytes) = nullptr;
  void (*release)(void* context, Address at, std::size_t bytes) = nullptr;
  bool (*protect)(void* context, Address at, std::size_t bytes, bool accessible) = nullptr;
  bool (*advise)(void* context, Address at, std::size_t bytes, Advice advice) = nullptr;

  /// Lets memory be swapped again that the program locked; marks cannot be put on locked pages.
  void (*unlock)(void* context, Address at, std::size_t bytes) = nullptr;

  /// From now on, an access there where there is no memory faults (userfaultfd, SIGBUS).
  bool (*watch)(void* context, Address at, std::size_t bytes) = nullptr;
  /// Puts a copy of the page at `from` where there is no memory, in a watched stretch.
  bool (*supply)(void* context, Address at, const void* from) = nullptr;
  /// Moves the memory of a watched page to where there is none; the old place then faults.
  bool (*move)(void* context, Address from, Address to) = nullptr;
  /// Whether this is still the process that watches. Cheap.
  bool (*watching)(void* context) = nullptr;
  /// Makes ready to watch again if nothing is watched any more: in a forked child, or where the
  /// program closed a descriptor it did not open. False if all is as it was, or cannot be helped.
  bool (*renew)(void* context) = nullptr;

  /// How many mappings a process may have (vm.max_map_count).
  std::size_t (*mapping_limit)(void* context) = nullptr;
};

}  // namespace arenite
