// SPDX-License-Identifier: MIT
// Core files of processes, and their bytes, to be changed by tests.
#pragma once

#include <elf.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "debug/cli/subject.hpp"

namespace arenite::cli {

/// A child's core, as the kernel writes it or as gcore does; "" if it cannot be had here.
class CoreOf {
 public:
  explicit CoreOf(const Child& child) : path_(file_.path + ".core") {
    const Output output = shell("gcore -o " + file_.path + " " + child.pid());
    std::error_code failed;
    std::filesystem::rename(file_.path + "." + child.pid(), path_, failed);
    if (failed) path_.clear();
  }
  ~CoreOf() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  std::string option() const { return "--core " + path_; }

 private:
  TemporaryFile file_;
  std::string path_;
};

/// The segment with the byte at an address, and in `header` where the file says so; without bytes
/// if there is none.
inline Elf64_Phdr segment_with(std::fstream& core, std::uint64_t at, std::streamoff& header) {
  Elf64_Ehdr file;
  core.read(reinterpret_cast<char*>(&file), sizeof file);
  for (unsigned i = 0; i < file.e_phnum; ++i) {
    Elf64_Phdr segment;
    header = static_cast<std::streamoff>(file.e_phoff + i * sizeof segment);
    core.seekg(header);
    core.read(reinterpret_cast<char*>(&segment), sizeof segment);
    if (segment.p_type == PT_LOAD && at - segment.p_vaddr < segment.p_filesz) return segment;
  }
  return {};
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
  std::streamoff header = 0;
  const Elf64_Phdr segment = segment_with(core, at, header);
  if (segment.p_filesz == 0) return false;
  increment(core, static_cast<std::streamoff>(segment.p_offset + (at - segment.p_vaddr)));
  return core.good();
}

/// Leaves out what the core has of the mapping that an address lies in; false if it has nothing.
inline bool leave_out_of_core(const std::string& path, std::uint64_t at) {
  std::fstream core(path, std::ios::in | std::ios::out | std::ios::binary);
  std::streamoff header = 0;
  Elf64_Phdr segment = segment_with(core, at, header);
  if (segment.p_filesz == 0) return false;
  segment.p_filesz = 0;
  core.seekp(header);
  core.write(reinterpret_cast<const char*>(&segment), sizeof segment);
  return core.good();
}

/// Adds one to the byte behind the first place where the file has these; false if it has none.
inline bool increment_behind(const std::string& path, std::string_view bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const std::size_t at = all.find(bytes);
  if (at == std::string::npos) return false;
  file.clear();
  increment(file, static_cast<std::streamoff>(at + bytes.size()));
  return file.good();
}

}  // namespace arenite::cli
