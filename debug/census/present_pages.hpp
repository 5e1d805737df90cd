// SPDX-License-Identifier: MIT
// Which pages of a live process were ever written, so that what it reserved and never used need not
// be read; or of a snapshot, which says so of them. Of anything else, and where the system does not
// tell, every page counts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "debug/memory/regions.hpp"

namespace arenite {

class PresentPages {
 public:
  /// `pid`: 0 for what is no process. `untouched`: what its file says was never written, ascending
  /// and disjoint.
  explicit PresentPages(pid_t pid, std::span<const Region> untouched = {});
  ~PresentPages();
  PresentPages(const PresentPages&) = delete;
  PresentPages& operator=(const PresentPages&) = delete;

  /// The first stretch of such pages in [begin, end); an empty one at `end` if there is none.
  Region next(Address begin, Address end);

 private:
  bool load(Address page, Address end);
  bool present(Address page) const;

  Region next_told(Address begin, Address end) const;

  int file_ = -1;
  std::span<const Region> untouched_;
  std::vector<std::uint64_t> entries_;
  /// The pages whose entries were loaded.
  Address loaded_begin_ = 0;
  Address loaded_end_ = 0;
};

}  // namespace arenite
