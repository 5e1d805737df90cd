// SPDX-License-Identifier: MIT
// The kernel's own page calls. Holds the descriptor of a userfaultfd once something is watched, at
// a number most programs never look at. Constant-initialised; any thread may call through the
// table.
#pragma once

#include <atomic>

#include "debug/guard/page_calls.hpp"

namespace arenite {

class LinuxPageCalls {
 public:
  PageCalls table();
  /// Closes the descriptor; what was watched then is plain memory.
  void close();

 private:
  friend struct LinuxPageCallFunctions;
  bool open();
  bool descriptor_is_ours() const;

  std::atomic<int> descriptor_{-1};
  /// A word that is 1 here and reads 0 in a forked child.
  std::atomic<std::uint32_t>* same_process_ = nullptr;
};

}  // namespace arenite
