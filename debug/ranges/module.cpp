// SPDX-License-Identifier: MIT
#include "debug/ranges/module.hpp"

#include <algorithm>

#include "base/bits.hpp"

namespace arenite {
namespace {

constexpr std::size_t kPageBytes = 4096;
/// Longer than any chain of a real table; ends a walk through one that is not.
constexpr std::size_t kMaxChain = 4096;
constexpr std::size_t kMaxDynamicEntries = 1024;
/// Set in a symbol's version if another is the default.
constexpr ElfW(Half) kHiddenVersion = 0x8000;

}  // namespace

LoadedModule::LoadedModule(const dl_phdr_info& info) : base_(info.dlpi_addr) {
  Address dynamic = 0;
  std::size_t dynamic_bytes = 0;
  for (unsigned i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info.dlpi_phdr[i];
    const Address begin = base_ + header.p_vaddr;
    const Address end = begin + header.p_memsz;
    if (end < begin) continue;
    if (header.p_type == PT_LOAD && part_count_ < kMaxParts)
      parts_[part_count_++] = {begin, end, header.p_flags};
    if (header.p_type == PT_DYNAMIC) {
      dynamic = begin;
      dynamic_bytes = header.p_memsz;
    }
    if (header.p_type == PT_GNU_RELRO) {
      relro_begin_ = round_down(begin, kPageBytes);
      relro_end_ = round_down(end, kPageBytes);
    }
  }
  if (relro_end_ <= relro_begin_ || !may_store(relro_begin_, relro_end_ - relro_begin_))
    relro_begin_ = relro_end_ = 0;
  if (dynamic != 0) read_dynamic(dynamic, dynamic_bytes);
}

bool LoadedModule::holds(Address at, std::size_t bytes, ElfW(Word) flags) const {
  for (const Part& part : parts()) {
    // The dynamic linker maps whole pages, and RELRO begins on one.
    const Address begin = round_down(part.begin, kPageBytes);
    if (at >= begin && at < part.end)
      return bytes <= part.end - at && (part.flags & flags) == flags;
  }
  return false;
}

Address LoadedModule::code_begin() const {
  for (const Part& part : parts())
    if ((part.flags & PF_X) != 0) return part.begin;
  return 0;
}

Address LoadedModule::code_end() const {
  Address end = 0;
  for (const Part& part : parts())
    if ((part.flags & PF_X) != 0) end = part.end;
  return end;
}

/// The dynamic linker adds the base to the pointers of most modules, but not to those of modules
/// that are read-only.
Address LoadedModule::located(ElfW(Addr) pointer) const {
  return contains(pointer) ? pointer : base_ + pointer;
}

template <class Element>
LoadedModule::Array<Element> LoadedModule::array(Address at, std::size_t most) const {
  if (at % alignof(Element) != 0) return {};
  for (const Part& part : parts()) {
    if (at < part.begin || at >= part.end || (part.flags & PF_R) == 0) continue;
    return {reinterpret_cast<const Element*>(at),
            std::min(most, static_cast<std::size_t>((part.end - at) / sizeof(Element)))};
  }
  return {};
}

void LoadedModule::read_dynamic(Address at, std::size_t bytes) {
  const auto table = array<ElfW(Dyn)>(at, std::min(bytes / sizeof(ElfW(Dyn)), kMaxDynamicEntries));
  ElfW(Addr) symbols = 0, strings = 0, jumps = 0, others = 0, versions = 0, hash = 0;
  std::size_t string_bytes = 0, jump_bytes = 0, other_bytes = 0, relative = 0;
  bool jumps_have_addends = true;
  for (std::size_t i = 0; i < table.count && table.first[i].d_tag != DT_NULL; ++i) {
    const auto value = table.first[i].d_un.d_val;
    switch (table.first[i].d_tag) {
      case DT_SYMTAB:
        symbols = value;
        break;
      case DT_STRTAB:
        strings = value;
        break;
      case DT_STRSZ:
        string_bytes = value;
        break;
      case DT_JMPREL:
        jumps = value;
        break;
      case DT_PLTRELSZ:
        jump_bytes = value;
        break;
      case DT_PLTREL:
        jumps_have_addends = value == DT_RELA;
        break;
      case DT_RELA:
        others = value;
        break;
      case DT_RELASZ:
        other_bytes = value;
        break;
      case DT_RELACOUNT:
        relative = value;
        break;
      case DT_VERSYM:
        versions = value;
        break;
      case DT_GNU_HASH:
        hash = value;
        break;
      case DT_SONAME:
        soname_ = value;
        break;
      default:
        break;
    }
  }
  if (symbols == 0 || strings == 0) return;
  symbols_ = array<ElfW(Sym)>(located(symbols), ~std::size_t{0});
  strings_ = array<char>(located(strings), string_bytes);
  if (versions != 0) versions_ = array<ElfW(Half)>(located(versions), symbols_.count);
  if (jumps != 0 && jumps_have_addends)
    jumps_ = array<ElfW(Rela)>(located(jumps), jump_bytes / sizeof(ElfW(Rela)));
  if (others != 0) {
    others_ = array<ElfW(Rela)>(located(others), other_bytes / sizeof(ElfW(Rela)));
    // Those come first, are the most by far, and name no symbol.
    const std::size_t skipped = std::min(relative, others_.count);
    others_.first += skipped;
    others_.count -= skipped;
  }
  if (hash != 0) read_hash(located(hash));
}

void LoadedModule::read_hash(Address at) {
  const auto head = array<std::uint32_t>(at, 4);
  if (head.count < 4) return;
  const std::size_t buckets = head.first[0], filter = head.first[2];
  const auto words = array<std::uint64_t>(at + 16, filter);
  const Address behind = at + 16 + filter * sizeof(std::uint64_t);
  const auto heads = array<std::uint32_t>(behind, buckets);
  if (words.count != filter || filter == 0 || heads.count != buckets || buckets == 0) return;
  hash_.chain = array<std::uint32_t>(behind + buckets * sizeof(std::uint32_t), ~std::size_t{0});
  hash_.filter = words;
  hash_.buckets = heads;
  hash_.first_symbol = head.first[1];
  hash_.filter_shift = head.first[3] % 32;
}

/// Empty if it is longer.
std::string_view LoadedModule::string_at(std::size_t offset, std::size_t longest) const {
  if (offset == 0 || offset >= strings_.count) return {};
  const char* const begin = strings_.first + offset;
  const std::size_t most = std::min(strings_.count - offset, longest);
  const char* const end = std::find(begin, begin + most, '\0');
  const auto length = static_cast<std::size_t>(end - begin);
  if (length == longest && offset + length < strings_.count && *end != '\0') return {};
  return {begin, length};
}

bool LoadedModule::is_wanted(std::size_t index, std::string_view name) const {
  const ElfW(Sym)& symbol = symbols_.first[index];
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) return false;
  if (binding != STB_GLOBAL && binding != STB_WEAK && binding != STB_GNU_UNIQUE) return false;
  if (index < versions_.count && (versions_.first[index] & kHiddenVersion) != 0) return false;
  return string_at(symbol.st_name) == name;
}

const ElfW(Sym) * LoadedModule::find_symbol(std::string_view name, std::uint32_t hash) const {
  if (hash_.buckets.count == 0) return nullptr;
  const std::uint64_t word = hash_.filter.first[(hash / 64) % hash_.filter.count];
  if (((word >> (hash % 64)) & (word >> ((hash >> hash_.filter_shift) % 64)) & 1) == 0)
    return nullptr;
  std::size_t index = hash_.buckets.first[hash % hash_.buckets.count];
  if (index < hash_.first_symbol) return nullptr;
  for (std::size_t steps = 0; steps < kMaxChain; ++steps, ++index) {
    const std::size_t link = index - hash_.first_symbol;
    if (link >= hash_.chain.count || index >= symbols_.count) return nullptr;
    const std::uint32_t there = hash_.chain.first[link];
    if ((there | 1) == (hash | 1) && is_wanted(index, name)) return &symbols_.first[index];
    if ((there & 1) != 0) return nullptr;
  }
  return nullptr;
}

void* LoadedModule::definition(std::string_view name, std::uint32_t hash) const {
  const ElfW(Sym)* const symbol = find_symbol(name, hash);
  if (symbol == nullptr) return nullptr;
  const Address at = base_ + symbol->st_value;
  if (!executes(at)) return nullptr;
  if (ELF64_ST_TYPE(symbol->st_info) != STT_GNU_IFUNC) return reinterpret_cast<void*>(at);
  return reinterpret_cast<void* (*)()>(at)();
}

}  // namespace arenite
