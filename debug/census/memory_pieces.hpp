// SPDX-License-Identifier: MIT
// Reads long stretches through a view in large pieces. What cannot be read is seen as zeros and
// counted: a zero is nobody's address. One thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>

#include "layout/view.hpp"

namespace arenite {

class MemoryPieces {
 public:
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

  MemoryPieces() : piece_(std::make_unique<unsigned char[]>(kPieceBytes)) {}

  /// Calls `visit(at, bytes, count)` for [begin, end), piece by piece. Pieces overlap by a word, so
  /// that every word is seen whole at least once, whatever its alignment.
  template <MemoryView View, class Visit>
  void read(const View& view, Address begin, Address end, Visit visit) {
    constexpr std::size_t kWord = sizeof(Address);
    while (begin < end) {
      const std::size_t count = std::min<std::size_t>(end - begin, kPieceBytes);
      if (!view.read(begin, piece_.get(), count)) read_pages(view, begin, count);
      visit(begin, static_cast<const unsigned char*>(piece_.get()), count);
      if (begin + count == end) return;
      begin += count - kWord;
    }
  }

  std::uint64_t unreadable_bytes() const { return unreadable_; }

 private:
  static constexpr std::size_t kPageBytes = 4096;

  template <MemoryView View>
  void read_pages(const View& view, Address begin, std::size_t count) {
    for (std::size_t done = 0; done < count;) {
      const Address at = begin + done;
      const std::size_t part = std::min(count - done, kPageBytes - at % kPageBytes);
      if (!view.read(at, piece_.get() + done, part)) {
        std::memset(piece_.get() + done, 0, part);
        unreadable_ += part;
      }
      done += part;
    }
  }

  std::unique_ptr<unsigned char[]> piece_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace arenite
