// SPDX-License-Identifier: MIT
// Pages from the Linux kernel. Keeps no state; see interface/page_source.hpp for the contract.
#pragma once

#include <cstddef>

#include "base/strong.hpp"
#include "interface/page_source.hpp"

namespace arenite {

class LinuxPages {
 public:
  Address reserve(std::size_t bytes, std::size_t alignment);
  void unreserve(Address at, std::size_t bytes);
  bool commit(Address at, std::size_t bytes);
  bool decommit(Address at, std::size_t bytes);
  bool move(Address from, Address to, std::size_t bytes);
  /// Transparent huge pages, where the system lets programs choose.
  void prefer(Address at, std::size_t bytes, PageSize size);
  /// Half of what RLIMIT_AS still leaves, so that stacks and libraries find room; no limit
  /// otherwise.
  std::size_t reserve_limit();
};
static_assert(PageSource<LinuxPages>);

}  // namespace arenite
