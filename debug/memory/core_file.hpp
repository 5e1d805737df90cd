// SPDX-License-Identifier: MIT
// An ELF core file, as the kernel or gdb's gcore writes them, as a MemoryView and what came with
// it. Trusts nothing: every count is held against the file's size, walks are loops bounded by it.
// A file that was cut short is open as far as it goes (`damage`). Throws CannotTell if it is no
// core of an x86-64 process.
//
// Pages of a mapped file that the core leaves out are read from that file, if it still is the one
// that was mapped: its build id must be the one in the core. For one thread.
#pragma once

#include <elf.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "debug/memory/core_notes.hpp"
#include "debug/memory/file_blocks.hpp"
#include "layout/view.hpp"

namespace arenite {

class CoreFile {
 public:
  enum class MappedFiles { read, leave };

  explicit CoreFile(const std::string& path, MappedFiles mapped = MappedFiles::read);
  ~CoreFile();
  CoreFile(const CoreFile&) = delete;
  CoreFile& operator=(const CoreFile&) = delete;

  const CoreNotes& notes() const { return notes_; }
  /// "" for a sound file.
  const std::string& damage() const { return damage_; }
  /// What was mapped, in lines as of /proc/PID/maps; of what is in no segment but in the list of
  /// files, only that it could be read is said.
  std::string maps() const;
  bool read(Address at, void* to, std::size_t bytes) const;

 private:
  /// What was mapped at [begin, end); `file_bytes` of it are in the core, from `offset` on.
  struct Segment {
    Address begin;
    Address end;
    std::uint64_t offset;
    std::uint64_t file_bytes;
    std::uint32_t flags;
  };
  class MappedFile;
  struct CoreOnly;

  std::uint64_t header_count(const Elf64_Ehdr& header) const;
  void read_segments(const Elf64_Ehdr& header);
  void add_segment(const Elf64_Phdr& header);
  void order_segments();
  void note_damage(const std::string& what);

  const Segment* segment_at(Address at) const;
  const char* kernels_name(const Segment& segment) const;
  const CoreFileMapping* file_at(Address at) const;
  std::size_t read_core(Address at, unsigned char* to, std::size_t bytes) const;
  std::size_t read_mapped(Address at, unsigned char* to, std::size_t bytes) const;
  const MappedFile& mapped_file(const std::string& path) const;

  std::string path_;
  FileBlocks file_;
  MappedFiles policy_;
  CoreNotes notes_;
  std::string damage_;
  /// By address, disjoint.
  std::vector<Segment> segments_;
  mutable std::map<std::string, std::unique_ptr<MappedFile>> mapped_;
};
static_assert(MemoryView<CoreFile>);

}  // namespace arenite
