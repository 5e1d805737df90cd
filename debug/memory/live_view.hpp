// SPDX-License-Identifier: MIT
// The MemoryView of another process. Copies blocks of 256 KiB and keeps the youngest, so it shows
// one instant only if the process stands still meanwhile (stopped_process.hpp): make a new one for
// each stop. For one thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "layout/view.hpp"

namespace arenite {

class LiveView {
 public:
  explicit LiveView(pid_t pid);
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  bool read(Address at, void* to, std::size_t bytes) const;

 private:
  struct Block;
  const Block& block(Address number) const;
  void load(Block& block, Address number) const;

  pid_t pid_;
  /// Where block n is kept if it is: slot n modulo their number.
  mutable std::vector<std::unique_ptr<Block>> slots_;
};
static_assert(MemoryView<LiveView>);

}  // namespace arenite
