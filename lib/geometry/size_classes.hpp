// SPDX-License-Identifier: MIT
// The tables that follow from a list of block sizes: size to class, class to block, and where each
// class's thread array lies. All constexpr; nothing here is written at run time.
//
// A thread's arrays lie in one stretch of 64-byte lines. The class byte of a pool is the number of
// the line at which its class's array begins, so that free finds the array with one shift; line 0
// is an array of capacity zero, which is what class byte 0 means. The lines behind it hold the
// table of attached pools. The line of an array is a function of the class and back: `first_line`,
// `class_of_line`.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bits.hpp"
#include "base/strong.hpp"

namespace arenite {

inline constexpr std::size_t kLineBytes = 64;
/// count, capacity and the reciprocal stand before the slots; see layout/thread.hpp.
inline constexpr std::size_t kArrayHeaderBytes = 16;
/// Not a class: its array has capacity zero in every thread.
inline constexpr std::uint8_t kNoClass = 255;

struct ClassFacts {
  std::uint32_t block_bytes;
  /// 2^32 / block_bytes rounded up. For an offset below 2^16: offset * reciprocal >> 32 is
  /// offset / block_bytes, and the low half is below the reciprocal exactly for multiples (Lemire,
  /// Kaser, Kurz: Faster remainder by direct computation, 2019; exhaustively tested here).
  std::uint32_t reciprocal;
  /// Blocks in a pool.
  std::uint16_t capacity;
  /// 64-bit words of the pool's free bitmap in use.
  std::uint16_t words;
  std::uint16_t first_line;
  /// Slots of the thread array.
  std::uint16_t slots;
};

template <class Geometry>
struct SizeClasses {
  static constexpr auto kBlocks = Geometry::kBlockBytes;
  static constexpr std::size_t kCount = kBlocks.size();
  static constexpr std::size_t kSmallLimit = kBlocks.back();
  /// Sizes up to here are looked up exactly, by size; above, by steps of kCoarseStep.
  static constexpr std::size_t kFineLimit = Geometry::kFineLimit;
  static constexpr std::size_t kCoarseStep = Geometry::kCoarseStep;
  static constexpr std::size_t kMaxCapacity = Geometry::kPoolBytes / kBlocks.front();
  static constexpr std::size_t kBitmapWords = divide_up(kMaxCapacity, 64);

  static constexpr auto kFacts = [] {
    std::array<ClassFacts, kCount> facts{};
    std::size_t line = 1 + divide_up(kCount * sizeof(std::uint32_t), kLineBytes);
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::uint32_t bytes = kBlocks[i];
      const std::size_t lines = Geometry::array_lines(bytes);
      const std::size_t capacity = Geometry::kPoolBytes / bytes;
      facts[i] = {bytes,
                  static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + bytes - 1) / bytes),
                  static_cast<std::uint16_t>(capacity),
                  static_cast<std::uint16_t>(divide_up(capacity, 64)),
                  static_cast<std::uint16_t>(line),
                  static_cast<std::uint16_t>((lines * kLineBytes - kArrayHeaderBytes) / 8)};
      line += lines;
    }
    return facts;
  }();

  /// Lines of a thread block.
  static constexpr std::size_t kLines =
      kFacts.back().first_line + Geometry::array_lines(kBlocks.back());
  static_assert(kLines <= 256, "a class byte must hold every first line");

  static constexpr auto kClassOfLine = [] {
    std::array<std::uint8_t, 256> classes{};
    classes.fill(kNoClass);
    for (std::size_t i = 0; i < kCount; ++i)
      classes[kFacts[i].first_line] = static_cast<std::uint8_t>(i);
    return classes;
  }();

  /// Of the class whose array begins at a line; 0 where none does.
  static constexpr auto kBlockBytesOfLine = [] {
    std::array<std::uint32_t, 256> bytes{};
    for (const ClassFacts& facts : kFacts) bytes[facts.first_line] = facts.block_bytes;
    return bytes;
  }();

  /// Byte offset of the array that serves a request of `size`, for size <= kFineLimit.
  static constexpr auto kArrayOfSize = [] {
    std::array<std::uint16_t, kFineLimit + 1> offsets{};
    std::uint8_t index = 0;
    for (std::size_t size = 0; size <= kFineLimit; ++size) {
      while (kBlocks[index] < size) ++index;
      offsets[size] = static_cast<std::uint16_t>(kFacts[index].first_line * kLineBytes);
    }
    return offsets;
  }();

  /// The same for kFineLimit < size <= kSmallLimit, indexed by size / kCoarseStep rounded up.
  static constexpr auto kArrayOfStep = [] {
    std::array<std::uint16_t, kSmallLimit / kCoarseStep + 1> offsets{};
    std::uint8_t index = 0;
    for (std::size_t step = 0; step < offsets.size(); ++step) {
      while (kBlocks[index] < step * kCoarseStep) ++index;
      offsets[step] = static_cast<std::uint16_t>(kFacts[index].first_line * kLineBytes);
    }
    return offsets;
  }();

  static constexpr std::size_t array_offset(std::size_t size) {
    return size <= kFineLimit ? kArrayOfSize[size] : kArrayOfStep[divide_up(size, kCoarseStep)];
  }

  /// The class that serves a request of `size` bytes. Requires: size <= kSmallLimit.
  static constexpr SizeClass class_of(std::size_t size) {
    return SizeClass{kClassOfLine[array_offset(size) / kLineBytes]};
  }

  /// The class whose blocks hold `size` bytes and all begin at multiples of `alignment`, or
  /// kNoClass. Pools begin at multiples of their size, so a block size that is a multiple of the
  /// alignment is enough.
  static constexpr SizeClass class_of(std::size_t size, std::size_t alignment) {
    if (size > kSmallLimit || alignment > kSmallLimit) return SizeClass{kNoClass};
    for (std::size_t i = class_of(size).value; i < kCount; ++i)
      if (kBlocks[i] % alignment == 0) return SizeClass{static_cast<std::uint8_t>(i)};
    return SizeClass{kNoClass};
  }

  /// Blocks that the class's shelf may hold.
  static constexpr std::uint16_t shelf_slots(std::uint32_t block_bytes) {
    return static_cast<std::uint16_t>(
        std::min(Geometry::kShelfSlots, Geometry::kShelfBytes / block_bytes));
  }

  static constexpr const ClassFacts& facts(SizeClass size_class) {
    return kFacts[size_class.value];
  }

  static_assert(kBlocks.front() > 0 && kFineLimit <= kSmallLimit);
  static_assert(kSmallLimit % kCoarseStep == 0 && kFineLimit % kCoarseStep == 0);
  static_assert([] {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (i > 0 && kBlocks[i] <= kBlocks[i - 1]) return false;
      if (kBlocks[i] % Geometry::kAlignment != 0) return false;
      if (kBlocks[i] > kFineLimit && kBlocks[i] % kCoarseStep != 0) return false;
      if (kFacts[i].capacity == 0) return false;
    }
    return true;
  }());
};

}  // namespace arenite
