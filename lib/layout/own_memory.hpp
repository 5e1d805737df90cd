// SPDX-License-Identifier: MIT
// The MemoryView of this process's own memory, for readers that trust the addresses they ask for:
// the statistics of one's own heap. Audits, which trust nothing, use debug/memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "layout/view.hpp"

namespace arenite {

class OwnMemory {
 public:
  /// Requires: the bytes are readable.
  bool read(Address at, void* to, std::size_t bytes) const {
    copy(at, to, bytes);
    return true;
  }

  /// Copies what other threads may be writing: each aligned word in one load, so that no field is
  /// ever seen half written. Plain loads as far as ThreadSanitizer knows: what a reader sees of a
  /// heap at work is old by the time it looks, and it allows for that.
  __attribute__((noinline, no_sanitize("thread"))) static void copy(Address at, void* to,
                                                                    std::size_t bytes) {
    auto* out = static_cast<unsigned char*>(to);
    while (bytes > 0) {
      if (at % 8 == 0 && bytes >= 8) {
        const std::uint64_t word = load<std::uint64_t>(at);
        __builtin_memcpy(out, &word, sizeof word);
        at += 8, out += 8, bytes -= 8;
      } else if (at % 4 == 0 && bytes >= 4) {
        const std::uint32_t word = load<std::uint32_t>(at);
        __builtin_memcpy(out, &word, sizeof word);
        at += 4, out += 4, bytes -= 4;
      } else if (at % 2 == 0 && bytes >= 2) {
        const std::uint16_t word = load<std::uint16_t>(at);
        __builtin_memcpy(out, &word, sizeof word);
        at += 2, out += 2, bytes -= 2;
      } else {
        *out = load<unsigned char>(at);
        ++at, ++out, --bytes;
      }
    }
  }

 private:
  template <class Word>
  __attribute__((always_inline)) static Word load(Address at) {
    using Shared [[gnu::may_alias]] = const volatile Word;
    return *reinterpret_cast<Shared*>(at);
  }
};
static_assert(MemoryView<OwnMemory>);

}  // namespace arenite
