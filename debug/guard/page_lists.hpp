// SPDX-License-Identifier: MIT
// Lists of stretches, linked through their records, and the sizes stretches come in. The caller
// holds the heap's lock.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "debug/guard/page_records.hpp"

namespace arenite {

/// First in, first out; `push_front` for what was taken in vain. No stretch of page 0 is ever
/// listed: 0 ends a list.
class StretchList {
 public:
  bool empty() const { return first_ == 0; }
  std::size_t count() const { return count_; }

  void push_back(PageRecords& records, std::uint32_t page) {
    records.at(page).next.set(0);
    if (empty())
      first_ = page;
    else
      records.at(last_).next.set(page);
    last_ = page;
    ++count_;
  }

  void push_front(PageRecords& records, std::uint32_t page) {
    records.at(page).next.set(first_);
    if (empty()) last_ = page;
    first_ = page;
    ++count_;
  }

  /// Requires: not empty.
  std::uint32_t pop_front(PageRecords& records) {
    const std::uint32_t page = first_;
    first_ = records.at(page).next.get();
    --count_;
    return page;
  }

 private:
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
  std::size_t count_ = 0;
};

/// Data pages a stretch may have: each number up to 16, then four to each doubling.
struct StretchSizes {
  static constexpr std::size_t kExact = 16;
  static constexpr unsigned kPerDoubling = 4;
  static constexpr unsigned kDoublings = 28;
  static constexpr unsigned kCount = kExact + kPerDoubling * kDoublings;

  /// The smallest size of at least so many pages. Requires: 1 <= pages <= pages(kCount - 1).
  static constexpr unsigned of(std::size_t pages) {
    if (pages <= kExact) return static_cast<unsigned>(pages) - 1;
    const auto doubling = static_cast<unsigned>(std::bit_width(pages - 1)) - 5;
    const std::size_t base = kExact << doubling, step = base / kPerDoubling;
    const auto steps = static_cast<unsigned>((pages - base + step - 1) / step);
    return static_cast<unsigned>(kExact) + doubling * kPerDoubling + steps - 1;
  }

  static constexpr std::size_t pages(unsigned size) {
    if (size < kExact) return size + 1;
    const unsigned over = size - static_cast<unsigned>(kExact);
    const std::size_t base = kExact << over / kPerDoubling;
    return base + base / kPerDoubling * (over % kPerDoubling + 1);
  }
};

}  // namespace arenite
