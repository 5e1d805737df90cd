// SPDX-License-Identifier: MIT
#include "proptests/schedule/plain_memory.hpp"

#include <cstdio>
#include <cstdlib>

namespace arenite::schedule {

PlainMemory::Cell& PlainMemory::cell(std::uintptr_t number) {
  std::size_t place = (number * 0x9e3779b97f4a7c15) >> 49;
  for (std::size_t looks = 0; looks < kCells; ++looks, place = (place + 1) % kCells) {
    Cell& found = cells_[place];
    if (found.generation == generation_ && found.number == number) return found;
    if (found.generation == generation_) continue;
    found = Cell{generation_, number, {}};
    return found;
  }
  std::fputs("schedule: a run touches more memory than the race detector has room for\n", stderr);
  std::abort();
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
