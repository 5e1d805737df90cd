// SPDX-License-Identifier: MIT
// Stretches of an address space, ascending and merged, in storage the caller gives: what may be
// read, or what a process has made accessible. Never allocates.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/strong.hpp"

namespace arenite {

struct Region {
  Address begin;
  Address end;
};

class Regions {
 public:
  Regions(Region* storage, std::size_t capacity) : storage_(storage), capacity_(capacity) {}

  /// Adds [begin, end), which begins at or after the end of the one added last. False if there is
  /// no room or the order is wrong; the list is then incomplete and says so.
  bool add(Address begin, Address end) {
    if (begin >= end) return true;
    if (size_ > 0 && storage_[size_ - 1].end == begin) {
      storage_[size_ - 1].end = end;
      return true;
    }
    if (size_ == capacity_ || (size_ > 0 && begin < storage_[size_ - 1].end))
      return complete_ = false;
    storage_[size_++] = {begin, end};
    return true;
  }

  /// Whether all of [at, at + bytes) lies in one region.
  bool holds(Address at, std::size_t bytes) const {
    const Region* region = last_from(at);
    return region != nullptr && at < region->end && bytes <= region->end - at;
  }

  /// How many bytes of [begin, end) lie in regions.
  std::size_t overlap(Address begin, Address end) const {
    std::size_t bytes = 0;
    const Region* region = last_from(begin);
    if (region == nullptr) region = storage_;
    for (; region != storage_ + size_ && region->begin < end; ++region) {
      const Address from = std::max(begin, region->begin), to = std::min(end, region->end);
      if (from < to) bytes += to - from;
    }
    return bytes;
  }

  /// The same; true for no bytes at all.
  bool holds_all(Address at, std::size_t bytes) const { return bytes == 0 || holds(at, bytes); }

  bool complete() const { return complete_; }
  const Region* begin() const { return storage_; }
  const Region* end() const { return storage_ + size_; }

 private:
  /// The last region that begins at or before the address, or null.
  const Region* last_from(Address at) const {
    const Region* after = std::upper_bound(
        storage_, storage_ + size_, at,
        [](Address wanted, const Region& region) { return wanted < region.begin; });
    return after == storage_ ? nullptr : after - 1;
  }

  Region* storage_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  bool complete_ = true;
};

}  // namespace arenite
