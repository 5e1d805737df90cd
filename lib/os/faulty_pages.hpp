// SPDX-License-Identifier: MIT
// A page source that refuses some requests, by their number. For tests.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"
#include "interface/page_source.hpp"

namespace arenite {

/// Which requests are refused: number `first` (counted from 1) and the `length - 1` after it.
struct FaultPlan {
  std::uint64_t first = 0;  ///< 0: none
  std::uint64_t length = 1;
  std::uint64_t asked = 0;

  bool refuses() {
    ++asked;
    return first != 0 && asked >= first && asked - first < length;
  }
};

template <PageSource Pages>
class FaultyPages {
 public:
  FaultyPages(Pages pages, FaultPlan& plan) : pages_(pages), plan_(&plan) {}
  Address reserve(std::size_t bytes, std::size_t alignment) {
    return plan_->refuses() ? 0 : pages_.reserve(bytes, alignment);
  }
  void unreserve(Address at, std::size_t bytes) { pages_.unreserve(at, bytes); }
  bool commit(Address at, std::size_t bytes) {
    return !plan_->refuses() && pages_.commit(at, bytes);
  }
  bool decommit(Address at, std::size_t bytes) {
    return !plan_->refuses() && pages_.decommit(at, bytes);
  }
  bool move(Address from, Address to, std::size_t bytes) {
    return !plan_->refuses() && pages_.move(from, to, bytes);
  }
  void prefer(Address at, std::size_t bytes, PageSize size) { pages_.prefer(at, bytes, size); }
  std::size_t reserve_limit() { return pages_.reserve_limit(); }

 private:
  Pages pages_;
  FaultPlan* plan_;
};

}  // namespace arenite
