// SPDX-License-Identifier: MIT
// Where the heaps of a process are: each mapped file whose ELF notes hold Arenite's. No symbols are
// needed. What is read is another process's memory, so every number in it is checked before use.
//
// The note: name "Arenite", type 1, and two 64-bit words: the layout version, and the distance from
// this second word to the heap root; type 2 is the same for the debug root, type 3 for the list of
// the heaps the program made for itself (layout/own_heaps.hpp). The module's build id stands in a
// note of its own.
#pragma once

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "debug/memory/mappings.hpp"
#include "layout/own_heaps.hpp"
#include "layout/view.hpp"

namespace arenite {

inline constexpr char kNoteName[8] = "Arenite";
inline constexpr std::uint32_t kNoteType = 1;
inline constexpr std::uint32_t kDebugNoteType = 2;
inline constexpr std::uint32_t kOwnHeapsNoteType = 3;
/// Heaps of a program's own beyond that are not looked for: more have no room in a process.
inline constexpr std::size_t kMostOwnHeaps = 65536;

struct HeapSite {
  std::string module;
  std::uint64_t version = 0;
  Address root = 0;
  Address debug_root = 0;              ///< of the debug layer; 0 if the module has none
  std::vector<std::uint8_t> build_id;  ///< of the module; empty if it has none
  Address bias = 0;                    ///< what is added to the addresses in the module's file
  /// The program made it for itself (arn_heap_create, or for an arn_pool), by this module.
  bool own = false;
  bool locked = false;    ///< of such a heap: a thread was in it
  Address own_heaps = 0;  ///< where the list of those begins; 0 if the module has none
  Address list_ends = 0;  ///< where that list could not be followed further; 0 if it could
};

/// What a heap is called where a process may have several.
inline std::string name_of(const HeapSite& site) {
  if (!site.own) return site.module;
  char text[64];
  std::snprintf(text, sizeof text, "a heap of the program's own at %#llx",
                static_cast<unsigned long long>(site.root));
  return std::string(text) + ", " + site.module;
}

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
      // Both from the beginning of the notes, which is aligned as much.
      const std::uint64_t content = padded(name + note.n_namesz, alignment);
      const std::uint64_t end = padded(content + note.n_descsz, alignment);
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
    if (note.n_type < kNoteType || note.n_type > kOwnHeapsNoteType ||
        note.n_descsz != sizeof words || std::memcmp(text, kNoteName, sizeof text) != 0 ||
        !read_object(view_, content, words))
      return false;
    const Address target = content + sizeof words[0] + words[1];
    if (note.n_type == kDebugNoteType) site.debug_root = target;
    if (note.n_type == kOwnHeapsNoteType && words[0] == kOwnHeapsVersion) site.own_heaps = target;
    if (note.n_type != kNoteType) return false;
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

/// Appends the heaps in a module's list, and says in `of` where it broke off, if it did.
template <MemoryView View>
void add_own_heaps(const View& view, HeapSite& of, std::vector<HeapSite>& sites) {
  std::uint64_t at = 0;
  if (of.own_heaps == 0 || !read_object(view, of.own_heaps, at)) return;
  // Links and roots: neither may come twice.
  std::set<Address> seen{of.root};
  while (at != 0) {
    OwnHeapLink<Remote> link;
    if (seen.size() > 2 * kMostOwnHeaps || !seen.insert(at).second ||
        !read_object(view, at, link) || !seen.insert(link.root).second) {
      of.list_ends = at;
      return;
    }
    HeapSite site = of;
    site.root = link.root;
    site.debug_root = 0;
    site.own = true;
    site.locked = link.lock != 0;
    sites.push_back(std::move(site));
    at = link.next;
  }
}

/// All heaps of the process whose mappings these are: of each module its own, then those the
/// program made. A file that is merely read through a mapping can look like a module, too: its root
/// is then not there.
template <MemoryView View>
std::vector<HeapSite> find_heap_sites(const View& view, std::span<const Mapping> mappings) {
  std::vector<HeapSite> sites;
  for (const Mapping& mapping : mappings) {
    if (mapping.offset != 0 || mapping.inode == 0 || !mapping.readable) continue;
    HeapSite site;
    if (!MappedModule<View>(view, mapping.begin).find(site)) continue;
    site.module = mapping.path;
    std::vector<HeapSite> own;
    add_own_heaps(view, site, own);
    sites.push_back(std::move(site));
    sites.insert(sites.end(), own.begin(), own.end());
  }
  return sites;
}

}  // namespace arenite
