// SPDX-License-Identifier: MIT
// What a program counter is in terms of files, for reports that are read elsewhere: the module, the
// address in its ELF file, its build id. Never allocates, keeps errno, safe in signal handlers
// unless another thread unloads the very module. `prepare_objects` comes first.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/strong.hpp"

namespace arenite {

struct ModuleFrame {
  static constexpr std::size_t kMostBuildIdBytes = 64;

  const char* path = "";  ///< valid until the module is unloaded
  Address offset = 0;     ///< the pc as the module's own ELF headers count
  Address begin = 0;      ///< [begin, end) is what the module has mapped
  Address end = 0;
  std::uint8_t build_id[kMostBuildIdBytes] = {};
  std::size_t build_id_bytes = 0;  ///< 0: it has none
};

/// False if no module has `pc`.
bool find_module(Address pc, ModuleFrame& frame);

/// The path alone; null if no module has `pc`. The executable's is absolute, others' are as the
/// loader found them.
const char* module_path_of(Address pc);

}  // namespace arenite
