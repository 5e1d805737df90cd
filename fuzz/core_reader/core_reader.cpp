// SPDX-License-Identifier: MIT
// What `arenite audit --core` does with a file: any bytes. It never crashes or hangs, whatever the
// file claims; all it may do is refuse (CannotTell) or report.
#include "fuzz/support/memory_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const arenite::fuzz::MemoryFile file;
  arenite::fuzz::count_input();
  arenite::fuzz::let_in(arenite::examine_core, file.hold({data, size}));
  return 0;
}
