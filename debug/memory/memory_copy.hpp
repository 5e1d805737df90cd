// SPDX-License-Identifier: MIT
// Stretches of another process, copied in as few calls as can be while it stands, to be read when
// it runs again. For one thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <vector>

#include "debug/memory/regions.hpp"
#include "layout/view.hpp"

namespace arenite {

class MemoryCopy {
 public:
  MemoryCopy() = default;
  ~MemoryCopy();
  MemoryCopy(const MemoryCopy&) = delete;
  MemoryCopy& operator=(const MemoryCopy&) = delete;

  /// Makes room for so many bytes, all of it there already, so that nothing is faulted in while the
  /// process stands. What does not fit is taken all the same, only slower.
  void prepare(std::size_t bytes);
  /// False if a stretch could not be read, or they are more than a gigabyte.
  bool take(pid_t pid, std::span<const Region> stretches);
  /// Only what was taken can be read, also across stretches that touch. False if any byte is wanted
  /// that was not taken.
  bool read(Address at, void* to, std::size_t bytes) const;
  std::size_t bytes() const;

 private:
  struct Piece {
    Region region;
    const unsigned char* bytes;
  };
  /// Memory of ours, which the pieces of one `take` lie in.
  struct Room {
    unsigned char* begin;
    std::size_t bytes;
  };
  /// Where so many bytes can be put; null if nowhere.
  unsigned char* room_for(std::size_t bytes);

  std::vector<Room> rooms_;
  std::size_t prepared_ = 0;  ///< bytes at the end of the last room that are not in use
  /// Ascending.
  std::vector<Piece> pieces_;
};
static_assert(MemoryView<MemoryCopy>);

}  // namespace arenite
