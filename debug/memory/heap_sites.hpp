// SPDX-License-Identifier: MIT
// Where the heaps of a process are: each mapped file whose ELF notes hold Arenite's. No symbols are
// needed. What is read is another process's memory, so every number in it is checked before use.
//
// The note: name "Arenite", type 1, and two 64-bit words: the layout version, and the distance from
// this second word to the heap root; type 2 is the same for the debug root. The module's build id
// stands in a note of its own.
#pragma once

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "debug/memory/mappings.hpp"
#include "layout/view.hpp"

namespace arenite {

inline constexpr char kNoteName[8] = "Arenite";
inline constexpr std::uint32_t kNoteType = 1;
inline constexpr std::uint32_t kDebugNoteType = 2;

struct HeapSite {
  std::string module;
  std::uint64_t version = 0;
  Address root = 0;
  Address debug_root = 0;              ///< of the debug layer; 0 if the module has none
  std::vector<std::uint8_t> build_id;  ///< of the module; empty if it has none
  Address bias = 0;                    ///< what is added to the addresses in the module's file
};

/// An ELF file as the loader mapped it, from its first byte.
template <MemoryView View>
class MappedModule {
 public:
  MappedModule(const View& view, Address begin) : view_(view), begin_(begin) {}

  /// Whether there is an Arenite note; fills in all of `site` but the module's name. Without one,
  /// of a module, build id and bias alone.
  bool find(HeapSite& site) const {
    Elf64_Ehdr header;
    if (!read_object(view_, begin_, header) || !plausible(header)) return false;
    std::array<Elf64_Phdr, kMaxHeaders> headers;
    if (!view_.read(begin_ + header.e_phoff, headers.data(), header.e_phnum * sizeof(Elf64_Phdr)))
      return false;
    site.bias = load_bias(headers.data(), header.e_phnum);
    bool found = false;
    for (unsigned i = 0; i < header.e_phnum; ++i)
      if (headers[i].p_type == PT_NOTE &&
          walk_notes(site.bias + headers[i].p_vaddr, headers[i], site))
        found = true;
    return found;
  }

 private:
  static constexpr unsigned kMaxHeaders = 64;
  static constexpr std::size_t kMaxNoteBytes = 16384;
  static constexpr std::size_t kMaxBuildId = 64;

  static bool plausible(const Elf64_Ehdr& header) {
    return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
           header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
           (header.e_type == ET_DYN || header.e_type == ET_EXEC) &&
           header.e_phentsize == sizeof(Elf64_Phdr) && header.e_phnum <= kMaxHeaders;
  }

  /// What is added to the file's addresses: the first byte is mapped here.
  Address load_bias(const Elf64_Phdr* headers, unsigned count) const {
    for (unsigned i = 0; i < count; ++i)
      if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0)
        return begin_ - headers[i].p_vaddr;
    return begin_;
  }

  bool walk_notes(Address at, const Elf64_Phdr& header, HeapSite& site) const {
    const std::size_t bytes = std::min<std::size_t>(header.p_memsz, kMaxNoteBytes);
    const std::size_t alignment = header.p_align == 8 ? 8 : 4;
    bool found = false;
    for (std::size_t next = 0; bytes - next >= sizeof(Elf64_Nhdr);) {
      Elf64_Nhdr note;
      if (!read_object(view_, at + next, note)) break;
      const std::uint64_t name = next + sizeof note;
      const std::uint64_t content = name + padded(note.n_namesz, alignment);
      const std::uint64_t end = content + padded(note.n_descsz, alignment);
      if (content + note.n_descsz > bytes) break;
      if (take_note(at + name, at + content, note, site)) found = true;
      if (end >= bytes) break;
      next = end;
    }
    return found;
  }

  bool take_note(Address name, Address content, const Elf64_Nhdr& note, HeapSite& site) const {
    char text[sizeof kNoteName] = {};
    if (note.n_namesz > sizeof text || !view_.read(name, text, note.n_namesz)) return false;
    if (note.n_type == NT_GNU_BUILD_ID && std::memcmp(text, "GNU", 4) == 0) {
      site.build_id.resize(std::min<std::size_t>(note.n_descsz, kMaxBuildId));
      if (!view_.read(content, site.build_id.data(), site.build_id.size())) site.build_id.clear();
      return false;
    }
    std::uint64_t words[2];
    const bool debug = note.n_type == kDebugNoteType;
    if ((note.n_type != kNoteType && !debug) || note.n_descsz != sizeof words ||
        std::memcmp(text, kNoteName, sizeof text) != 0 || !read_object(view_, content, words))
      return false;
    const Address target = content + sizeof words[0] + words[1];
    if (debug) {
      site.debug_root = target;
      return false;
    }
    site.version = words[0];
    site.root = target;
    return true;
  }

  static std::uint64_t padded(std::uint64_t bytes, std::size_t alignment) {
    return (bytes + alignment - 1) & ~std::uint64_t{alignment - 1};
  }

  const View& view_;
  Address begin_;
};

/// All heaps of the process whose mappings these are. A file that is merely read through a mapping
/// can look like a module, too: its root is then not there.
template <MemoryView View>
std::vector<HeapSite> find_heap_sites(const View& view, std::span<const Mapping> mappings) {
  std::vector<HeapSite> sites;
  for (const Mapping& mapping : mappings) {
    if (mapping.offset != 0 || mapping.inode == 0 || !mapping.readable) continue;
    HeapSite site;
    if (!MappedModule<View>(view, mapping.begin).find(site)) continue;
    site.module = mapping.path;
    sites.push_back(std::move(site));
  }
  return sites;
}

}  // namespace arenite
