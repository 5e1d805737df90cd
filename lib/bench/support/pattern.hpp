// SPDX-License-Identifier: MIT
// Marks a block in its first and last bytes and recognises the mark again, so that blocks that
// overlap or are handed out twice do not go unnoticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bench/support/check.hpp"

namespace arenite::bench {

inline void stamp(void* block, std::size_t size, std::uint64_t tag) {
  auto* bytes = static_cast<unsigned char*>(block);
  check(bytes != nullptr || size == 0, "out of memory");
  if (size < sizeof tag) {
    std::memset(bytes, static_cast<int>(tag & 0xff), size);
    return;
  }
  std::memcpy(bytes, &tag, sizeof tag);
  if (size >= 2 * sizeof tag) std::memcpy(bytes + size - sizeof tag, &tag, sizeof tag);
}

inline void check_stamp(const void* block, std::size_t size, std::uint64_t tag) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  if (size < sizeof tag) {
    check(size == 0 || bytes[0] == (tag & 0xff), "a small block lost its contents");
    return;
  }
  std::uint64_t first = 0;
  std::memcpy(&first, bytes, sizeof first);
  std::uint64_t last = first;
  if (size >= 2 * sizeof tag) std::memcpy(&last, bytes + size - sizeof last, sizeof last);
  check(first == tag && last == tag, "a block lost its contents");
}

}  // namespace arenite::bench
