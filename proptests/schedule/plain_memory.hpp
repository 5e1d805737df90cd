// SPDX-License-Identifier: MIT
// Who last touched each byte of plain data, and when: finds data races. Two accesses of which one
// writes and one is not atomic must be ordered by what happens before what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proptests/schedule/clock.hpp"

namespace arenite::schedule {

enum class Access : std::uint8_t { read, write, atomic_read, atomic_write };

class PlainMemory {
 public:
  PlainMemory() : cells_(kFirstCells) {}

  /// Forgets everything.
  void clear() { ++generation_, used_ = 0; }

  /// Notes the access; the thread it races with, or -1 if it races with none.
  int touch(std::uintptr_t at, std::size_t bytes, Access access, ThreadIndex thread,
            const Clock& clock);

 private:
  static constexpr std::size_t kBytes = 8;
  static constexpr std::size_t kFirstCells = std::size_t{1} << 12;

  struct Byte {
    ThreadIndex writer = 0;
    std::uint32_t written = 0;  ///< by the writer, plainly; 0: never
    std::uint32_t read[kMostThreads + 1] = {};
    std::uint32_t stored[kMostThreads + 1] = {};  ///< atomically
  };
  struct Cell {
    std::uint64_t generation = 0;
    std::uintptr_t number = 0;
    Byte bytes[kBytes];
  };

  static Cell& place(std::vector<Cell>& cells, std::uint64_t generation, std::uintptr_t number);
  Cell& cell(std::uintptr_t number);
  void grow();
  static int touch(Byte& byte, Access access, ThreadIndex thread, const Clock& clock);

  std::vector<Cell> cells_;
  std::size_t used_ = 0;
  std::uint64_t generation_ = 1;
};

}  // namespace arenite::schedule
