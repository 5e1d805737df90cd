// SPDX-License-Identifier: MIT
// What the debug layer keeps of a block, out of line. Its fields are written by whoever holds the
// block and read by anybody, at any time, so all are atomic; a reader that finds the same serial
// before and after has read one block's record.
//
// States:
//   none     no block of the debug layer lies there. Leaves to live, by the thread the heap gave
//   the
//            block to.
//   live     the program has it. Leaves to freeing by whoever frees it; of two that do, one finds
//   it
//            gone and has found a double free.
//   freeing  it is being poisoned. Leaves to freed by the same thread.
//   freed    in quarantine, poisoned. Leaves to none by the thread that takes it out, before the
//   heap
//            gets the block back.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/bits.hpp"
#include "debug/report/block_facts.hpp"
#include "layout/space.hpp"

namespace arenite {

enum class SideState : std::uint8_t { none, live, freeing, freed };

/// How far the program's block lies behind the beginning of the heap's: a multiple of 16 up to
/// 2032, or a power of two.
class HeadCode {
 public:
  static constexpr std::uint8_t encode(std::size_t head) {
    return static_cast<std::uint8_t>(
        head < 128 * 16 ? head / 16 : 128 + static_cast<unsigned>(__builtin_ctzll(head)));
  }
  static constexpr std::size_t decode(std::uint8_t code) {
    return code < 128 ? std::size_t{code} * 16 : std::size_t{1} << (code - 128);
  }
  /// The least that can be encoded, is a multiple of `alignment`, a power of two, and at least
  /// `guard_bytes`, a multiple of 16.
  static constexpr std::size_t head_for(std::size_t guard_bytes, std::size_t alignment) {
    const std::size_t least = round_up(guard_bytes, alignment);
    return least < 128 * 16 ? least : std::bit_ceil(least);
  }
};

/// The alignment that was asked for, and whether the block may be lost, in a byte.
class BlockTraits {
 public:
  static constexpr std::uint8_t kLeakIgnored = 0x80;

  /// `alignment`: a power of two, or 0 if none was asked for.
  static constexpr std::uint8_t encode(std::size_t alignment, bool leak_ignored) {
    const unsigned code =
        alignment == 0 ? 0 : 1 + static_cast<unsigned>(__builtin_ctzll(alignment));
    return static_cast<std::uint8_t>(code | (leak_ignored ? kLeakIgnored : 0));
  }
  static constexpr std::size_t alignment(std::uint8_t traits) {
    const unsigned code = traits & 0x7fu;
    return code == 0 ? 0 : std::size_t{1} << (code - 1);
  }
};

template <class Space>
struct SideRecordOf {
  Shared<Space, std::uint64_t> serial;
  Shared<Space, std::uint64_t> size;  ///< requested, in bytes
  Shared<Space, StackId> allocated;
  Shared<Space, StackId> freed;
  Shared<Space, std::uint16_t> allocated_by;
  Shared<Space, std::uint16_t> freed_by;
  Shared<Space, SideState> state;
  Shared<Space, Family> family;
  Shared<Space, std::uint8_t> head;    ///< a HeadCode
  Shared<Space, std::uint8_t> traits;  ///< BlockTraits
};
using SideRecord = SideRecordOf<Native>;
static_assert(kSameLayout<SideRecordOf> && sizeof(SideRecord) == 32);

/// Records hold thread numbers in 16 bits; higher ones are all the last.
constexpr std::uint16_t recorded_thread(ThreadNumber thread) {
  return static_cast<std::uint16_t>(thread < 0xffff ? thread : 0xffff);
}

}  // namespace arenite
