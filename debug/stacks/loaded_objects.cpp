// SPDX-License-Identifier: MIT
#include "debug/stacks/loaded_objects.hpp"

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cstring>

namespace arenite {
namespace {

/// The answer of _dl_find_object, as glibc's manual describes it.
struct Found {
  unsigned long long flags;
  void* begin;
  void* end;
  link_map* map;
  void* frame_table;
  unsigned long long reserved[7];
};
using FindObject = int (*)(void* at, Found* found);

constinit std::atomic<FindObject> loader_finds{nullptr};
constinit std::atomic<bool> prepared{false};
constinit ObjectTable table;

/// Headers beyond it lie on a page that may not be there.
constexpr std::size_t kFirstPageBytes = 4096;
constexpr unsigned kMostHeaders = 64;

bool is_object(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_phentsize == sizeof(Elf64_Phdr) &&
         header.e_phnum <= kMostHeaders &&
         header.e_phoff <= kFirstPageBytes - header.e_phnum * sizeof(Elf64_Phdr) &&
         header.e_phoff % alignof(Elf64_Phdr) == 0;
}

/// The program headers: those the kernel named if they are this object's, else the ones its first
/// page leads to.
void find_headers(LoadedObject& object) {
  const Address named = ::getauxval(AT_PHDR);
  const auto count = static_cast<unsigned>(::getauxval(AT_PHNUM));
  if (object.holds(named) && count <= kMostHeaders &&
      count * sizeof(Elf64_Phdr) <= object.end - named) {
    object.headers = reinterpret_cast<const Elf64_Phdr*>(named);
    object.header_count = count;
    return;
  }
  Elf64_Ehdr header;
  if (object.end - object.begin < kFirstPageBytes) return;
  std::memcpy(&header, reinterpret_cast<const void*>(object.begin), sizeof header);
  if (!is_object(header)) return;
  object.headers = reinterpret_cast<const Elf64_Phdr*>(object.begin + header.e_phoff);
  object.header_count = header.e_phnum;
}

/// `object` from what dl_iterate_phdr says.
LoadedObject described(const dl_phdr_info& info) {
  LoadedObject object;
  object.bias = info.dlpi_addr;
  object.name = info.dlpi_name == nullptr ? "" : info.dlpi_name;
  object.headers = info.dlpi_phdr;
  object.header_count = info.dlpi_phnum;
  object.begin = ~Address{0};
  for (unsigned i = 0; i < info.dlpi_phnum; ++i) {
    const Elf64_Phdr& header = info.dlpi_phdr[i];
    const Address begin = object.bias + header.p_vaddr;
    if (header.p_type == PT_GNU_EH_FRAME) object.frame_table = begin;
    if (header.p_type != PT_LOAD) continue;
    object.begin = std::min(object.begin, begin);
    object.end = std::max(object.end, begin + header.p_memsz);
  }
  return object;
}

}  // namespace

ByteRange LoadedObject::readable_around(Address at) const {
  for (unsigned i = 0; i < header_count; ++i) {
    const Elf64_Phdr& header = headers[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_R) == 0) continue;
    const ByteRange range{bias + header.p_vaddr, bias + header.p_vaddr + header.p_memsz};
    if (range.holds(at) && range.begin >= begin && range.end <= end) return range;
  }
  return {};
}

void ObjectTable::add(const LoadedObject& object) {
  const unsigned size = this->size();
  if (size == kMostObjects || object.begin >= object.end) return;
  Entry& entry = entries_[size];
  entry.begin.store(object.begin, std::memory_order_relaxed);
  entry.end.store(object.end, std::memory_order_relaxed);
  entry.bias.store(object.bias, std::memory_order_relaxed);
  entry.frame_table.store(object.frame_table, std::memory_order_relaxed);
  entry.name.store(object.name, std::memory_order_relaxed);
  entry.headers.store(object.headers, std::memory_order_relaxed);
  entry.header_count.store(object.header_count, std::memory_order_relaxed);
  size_.store(size + 1, std::memory_order_relaxed);
}

void ObjectTable::refresh() {
  LockGuard guard(lock_);
  version_.fetch_add(1, std::memory_order_relaxed);
  // Release: pairs with the acquire fence in `find_once`.
  std::atomic_thread_fence(std::memory_order_release);
  size_.store(0, std::memory_order_relaxed);
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* to) {
        static_cast<ObjectTable*>(to)->add(described(*info));
        return 0;
      },
      this);
  // Release: pairs with the acquire of the version in `find_once`.
  version_.fetch_add(1, std::memory_order_release);
}

bool ObjectTable::find_once(Address at, LoadedObject& object) const {
  const unsigned size = std::min(this->size(), kMostObjects);
  for (unsigned i = 0; i < size; ++i) {
    const Entry& entry = entries_[i];
    object.begin = entry.begin.load(std::memory_order_relaxed);
    object.end = entry.end.load(std::memory_order_relaxed);
    if (!object.holds(at)) continue;
    object.bias = entry.bias.load(std::memory_order_relaxed);
    object.frame_table = entry.frame_table.load(std::memory_order_relaxed);
    object.name = entry.name.load(std::memory_order_relaxed);
    object.headers = entry.headers.load(std::memory_order_relaxed);
    object.header_count = entry.header_count.load(std::memory_order_relaxed);
    return true;
  }
  return false;
}

bool ObjectTable::find(Address at, LoadedObject& object) const {
  // Acquire: pairs with the releases in `refresh`.
  const std::uint32_t before = version_.load(std::memory_order_acquire);
  if (before % 2 != 0) return false;
  const bool found = find_once(at, object);
  std::atomic_thread_fence(std::memory_order_acquire);
  return found && version_.load(std::memory_order_relaxed) == before;
}

void prepare_objects() {
  // Relaxed: the function was there before.
  loader_finds.store(reinterpret_cast<FindObject>(::dlsym(RTLD_DEFAULT, "_dl_find_object")),
                     std::memory_order_relaxed);
  refresh_objects();
  prepared.store(true, std::memory_order_relaxed);
}

bool objects_prepared() {
  return prepared.load(std::memory_order_relaxed);
}

void refresh_objects() {
  if (loader_finds.load(std::memory_order_relaxed) == nullptr) table.refresh();
}

bool find_object(Address at, LoadedObject& object) {
  const FindObject find = loader_finds.load(std::memory_order_relaxed);
  if (find == nullptr) return table.find(at, object);
  Found found{};
  if (find(reinterpret_cast<void*>(at), &found) != 0) return false;
  object = {};
  object.begin = reinterpret_cast<Address>(found.begin);
  object.end = reinterpret_cast<Address>(found.end);
  object.frame_table = reinterpret_cast<Address>(found.frame_table);
  if (found.map != nullptr) {
    object.bias = found.map->l_addr;
    object.name = found.map->l_name == nullptr ? "" : found.map->l_name;
  }
  find_headers(object);
  return true;
}

}  // namespace arenite
