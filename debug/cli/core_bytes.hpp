// SPDX-License-Identifier: MIT
// Bytes of a core file, to be changed by tests.
#pragma once

#include <elf.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace arenite::cli {

/// Where the core has the byte at an address; 0 if nowhere.
inline std::streamoff offset_in(std::fstream& core, std::uint64_t at) {
  Elf64_Ehdr header;
  core.read(reinterpret_cast<char*>(&header), sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    core.seekg(static_cast<std::streamoff>(header.e_phoff + i * sizeof segment));
    core.read(reinterpret_cast<char*>(&segment), sizeof segment);
    if (segment.p_type == PT_LOAD && at - segment.p_vaddr < segment.p_filesz)
      return static_cast<std::streamoff>(segment.p_offset + (at - segment.p_vaddr));
  }
  return 0;
}

inline void increment(std::fstream& file, std::streamoff at) {
  file.seekg(at);
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(byte + 1));
}

/// Adds one to the byte that the core has for an address; false if it has none.
inline bool increment_in_core(const std::string& path, std::uint64_t at) {
  std::fstream core(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::streamoff offset = offset_in(core, at);
  if (offset == 0) return false;
  increment(core, offset);
  return core.good();
}

}  // namespace arenite::cli
