// SPDX-License-Identifier: MIT
#include "proptests/schedule/plain_memory.hpp"

#include <utility>

namespace arenite::schedule {

PlainMemory::Cell& PlainMemory::place(std::vector<Cell>& cells, std::uint64_t generation,
                                      std::uintptr_t number) {
  std::size_t at = (number * 0x9e3779b97f4a7c15) >> 32 & (cells.size() - 1);
  while (cells[at].generation == generation && cells[at].number != number)
    at = (at + 1) & (cells.size() - 1);
  return cells[at];
}

PlainMemory::Cell& PlainMemory::cell(std::uintptr_t number) {
  if (used_ == cells_.size() / 2) grow();
  Cell& found = place(cells_, generation_, number);
  if (found.generation != generation_) {
    found = Cell{generation_, number, {}};
    ++used_;
  }
  return found;
}

void PlainMemory::grow() {
  std::vector<Cell> larger(cells_.size() * 2);
  for (const Cell& each : cells_)
    if (each.generation == generation_) place(larger, generation_, each.number) = each;
  cells_ = std::move(larger);
}

int PlainMemory::touch(Byte& byte, Access access, ThreadIndex thread, const Clock& clock) {
  const std::uint32_t now = clock.times[thread];
  if (byte.written != 0 && !clock.knows(byte.writer, byte.written))
    return static_cast<int>(byte.writer);
  const bool atomic = access == Access::atomic_read || access == Access::atomic_write;
  const bool writes = access == Access::write || access == Access::atomic_write;
  for (ThreadIndex other = 0; other <= kMostThreads; ++other) {
    if (writes && !clock.knows(other, byte.read[other])) return static_cast<int>(other);
    if (!atomic && !clock.knows(other, byte.stored[other])) return static_cast<int>(other);
  }
  if (access == Access::write) {
    byte.writer = thread;
    byte.written = now;
  } else if (access == Access::read) {
    byte.read[thread] = now;
  } else if (access == Access::atomic_write) {
    byte.stored[thread] = now;
  }
  return -1;
}

int PlainMemory::touch(std::uintptr_t at, std::size_t bytes, Access access, ThreadIndex thread,
                       const Clock& clock) {
  while (bytes > 0) {
    Cell& here = cell(at / kBytes);
    for (std::size_t byte = at % kBytes; byte < kBytes && bytes > 0; ++byte, ++at, --bytes)
      if (const int other = touch(here.bytes[byte], access, thread, clock); other >= 0)
        return other;
  }
  return -1;
}

}  // namespace arenite::schedule
