// SPDX-License-Identifier: MIT
// A small core file, put together by hand: threads, one mapped module with Arenite's note in it,
// and stretches of memory. For seeds.
#pragma once

#include <elf.h>
#include <sys/procfs.h>
#include <sys/user.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "debug/memory/heap_sites.hpp"
#include "debug/memory/regions.hpp"

namespace arenite::fuzz {

class CoreImage {
 public:
  using Bytes = std::vector<std::uint8_t>;

  /// What the process had at [region), as this process has it.
  void add_memory(const Region& region) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(region.begin);
    segments_.push_back({region.begin, {from, from + (region.end - region.begin)}});
  }

  /// A module whose note leads to the heap root.
  void add_module(Address begin, Address root, const std::string& path) {
    constexpr std::size_t kNote = 0x200, kModuleBytes = 0x1000;
    Bytes bytes(kModuleBytes);
    Elf64_Ehdr header = elf_header(ET_DYN);
    header.e_phoff = sizeof header;
    header.e_phnum = 2;
    Elf64_Phdr load{}, notes{};
    load.p_type = PT_LOAD;
    notes.p_type = PT_NOTE;
    notes.p_vaddr = kNote;
    notes.p_memsz = sizeof(Elf64_Nhdr) + sizeof kNoteName + 16;
    notes.p_align = 4;
    const Elf64_Nhdr note{sizeof kNoteName, 16, kNoteType};
    const std::size_t words = kNote + sizeof note + sizeof kNoteName;
    const std::uint64_t version = 1, distance = root - (begin + words + 8);
    place(bytes, 0, header);
    place(bytes, sizeof header, load);
    place(bytes, sizeof header + sizeof load, notes);
    place(bytes, kNote, note);
    std::memcpy(bytes.data() + kNote + sizeof note, kNoteName, sizeof kNoteName);
    place(bytes, words, version);
    place(bytes, words + 8, distance);
    segments_.push_back({begin, std::move(bytes)});
    add_file_note(begin, begin + kModuleBytes, path);
  }

  void add_thread(pid_t number) {
    elf_prstatus status{};
    status.pr_pid = number;
    Bytes bytes(sizeof status);
    place(bytes, 0, status);
    add_note(NT_PRSTATUS, bytes);
  }

  Bytes bytes() const {
    Elf64_Ehdr header = elf_header(ET_CORE);
    header.e_phoff = sizeof header;
    header.e_phnum = static_cast<Elf64_Half>(segments_.size() + 1);
    Bytes bytes;
    append(bytes, header);
    std::uint64_t at = sizeof header + (segments_.size() + 1) * sizeof(Elf64_Phdr);
    Elf64_Phdr program{};
    program.p_type = PT_NOTE;
    program.p_offset = at;
    program.p_filesz = notes_.size();
    append(bytes, program);
    at += notes_.size();
    for (const Segment& segment : segments_) {
      program = {};
      program.p_type = PT_LOAD;
      program.p_flags = PF_R | PF_W;
      program.p_vaddr = segment.begin;
      program.p_memsz = program.p_filesz = segment.contents.size();
      program.p_offset = at;
      append(bytes, program);
      at += segment.contents.size();
    }
    bytes.insert(bytes.end(), notes_.begin(), notes_.end());
    for (const Segment& segment : segments_)
      bytes.insert(bytes.end(), segment.contents.begin(), segment.contents.end());
    return bytes;
  }

 private:
  struct Segment {
    Address begin;
    Bytes contents;
  };

  template <class T>
  static void place(Bytes& bytes, std::size_t at, const T& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  template <class T>
  static void append(Bytes& bytes, const T& value) {
    bytes.resize(bytes.size() + sizeof value);
    place(bytes, bytes.size() - sizeof value, value);
  }

  static Elf64_Ehdr elf_header(Elf64_Half type) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_machine = EM_X86_64;
    header.e_phentsize = sizeof(Elf64_Phdr);
    return header;
  }

  void add_note(std::uint32_t type, const Bytes& contents) {
    append(notes_, Elf64_Nhdr{5, static_cast<Elf64_Word>(contents.size()), type});
    for (const char byte : {'C', 'O', 'R', 'E', '\0', '\0', '\0', '\0'})
      notes_.push_back(static_cast<std::uint8_t>(byte));
    notes_.insert(notes_.end(), contents.begin(), contents.end());
    notes_.resize((notes_.size() + 3) / 4 * 4);
  }

  void add_file_note(Address begin, Address end, const std::string& path) {
    Bytes bytes;
    for (const std::uint64_t word : {std::uint64_t{1}, std::uint64_t{4096}, begin, end, Address{0}})
      append(bytes, word);
    bytes.insert(bytes.end(), path.c_str(), path.c_str() + path.size() + 1);
    add_note(NT_FILE, bytes);
  }

  std::vector<Segment> segments_;
  Bytes notes_;
};

}  // namespace arenite::fuzz
