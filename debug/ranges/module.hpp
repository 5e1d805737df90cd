// SPDX-License-Identifier: MIT
// A loaded module as its program headers and its dynamic table describe it: what it defines, and
// the slots through which it calls what others define. Distrusts both: nothing is read outside the
// parts the module says it has mapped, and every walk is bounded. Never allocates. Valid while the
// module stays loaded, so inside a callback of dl_iterate_phdr.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/strong.hpp"

namespace arenite {

/// The hash of DT_GNU_HASH.
constexpr std::uint32_t symbol_hash(std::string_view name) {
  std::uint32_t hash = 5381;
  for (const char c : name) hash = hash * 33 + static_cast<std::uint8_t>(c);
  return hash;
}

class LoadedModule {
 public:
  explicit LoadedModule(const dl_phdr_info& info);

  /// DT_SONAME, empty if there is none.
  std::string_view soname() const { return string_at(soname_); }
  /// Lies in a part that is mapped executable.
  bool executes(Address at) const { return holds(at, 1, PF_X); }
  bool contains(Address at) const { return holds(at, 1, 0); }
  /// From the first byte of the parts that are mapped executable to behind the last; empty if there
  /// are none.
  Address code_begin() const;
  Address code_end() const;
  /// Lies in a part that was writable while the module was being relocated.
  bool may_store(Address at, std::size_t bytes) const { return holds(at, bytes, PF_W); }

  /// The part that the dynamic linker makes read-only once the module is relocated, in whole pages;
  /// empty if there is none.
  Address relro_begin() const { return relro_begin_; }
  Address relro_end() const { return relro_end_; }

  /// The function of that name that other modules get: its default version, and what its resolver
  /// chooses where it has one. Null if the module defines none. Requires: the module is relocated.
  void* definition(std::string_view name, std::uint32_t hash) const;

  /// Whether the module defines the name for others.
  bool defines(std::string_view name, std::uint32_t hash) const {
    return find_symbol(name, hash) != nullptr;
  }

  /// Calls `visit(slot, name)` for each slot through which the module reaches a symbol that it does
  /// not define itself, and whose name is no longer than `longest`: names of C++ are the most.
  template <class Visit>
  void each_slot(std::size_t longest, Visit&& visit) const {
    visit_table(jumps_, longest, visit);
    visit_table(others_, longest, visit);
  }

  static constexpr std::size_t kMaxParts = 16;

 private:
  struct Part {
    Address begin, end;
    ElfW(Word) flags;
  };
  /// An array in the module, cut to what is mapped.
  template <class Element>
  struct Array {
    const Element* first = nullptr;
    std::size_t count = 0;
  };
  struct GnuHash {
    Array<std::uint64_t> filter;
    Array<std::uint32_t> buckets, chain;
    std::uint32_t first_symbol = 0;
    std::uint32_t filter_shift = 0;
  };

  std::span<const Part> parts() const { return {parts_, part_count_}; }
  bool holds(Address at, std::size_t bytes, ElfW(Word) flags) const;
  Address located(ElfW(Addr) pointer) const;
  template <class Element>
  Array<Element> array(Address at, std::size_t most) const;
  void read_dynamic(Address at, std::size_t bytes);
  void read_hash(Address at);
  std::string_view string_at(std::size_t offset, std::size_t longest = ~std::size_t{0}) const;
  const ElfW(Sym) * find_symbol(std::string_view name, std::uint32_t hash) const;
  bool is_wanted(std::size_t index, std::string_view name) const;

  template <class Visit>
  void visit_table(const Array<ElfW(Rela)>& table, std::size_t longest, Visit& visit) const {
    for (std::size_t i = 0; i < table.count; ++i) {
      const ElfW(Rela)& entry = table.first[i];
      const auto type = ELF64_R_TYPE(entry.r_info);
      if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
      const std::size_t index = ELF64_R_SYM(entry.r_info);
      if (index >= symbols_.count || symbols_.first[index].st_shndx != SHN_UNDEF) continue;
      const Address slot = base_ + entry.r_offset;
      const std::string_view name = string_at(symbols_.first[index].st_name, longest);
      if (!name.empty() && slot % sizeof(Address) == 0) visit(slot, name);
    }
  }

  Address base_;
  Part parts_[kMaxParts];
  std::size_t part_count_ = 0;
  Address relro_begin_ = 0, relro_end_ = 0;
  Array<ElfW(Sym)> symbols_;
  Array<ElfW(Half)> versions_;
  Array<char> strings_;
  Array<ElfW(Rela)> jumps_, others_;
  GnuHash hash_;
  std::size_t soname_ = 0;
};

}  // namespace arenite
