// SPDX-License-Identifier: MIT
#include "os/build_id.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>

#include "base/bits.hpp"

// The linker's name for the first byte of the module.
extern "C" [[gnu::visibility("hidden")]] const ElfW(Ehdr) __ehdr_start;

namespace arenite {
namespace {

/// The id in one note segment, or 0.
std::size_t id_in(const char* notes, std::size_t bytes, std::uint8_t* to, std::size_t room) {
  while (bytes >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof note);
    const std::size_t name = sizeof note;
    const std::size_t content = name + round_up(note.n_namesz, 4);
    const std::size_t next = content + round_up(note.n_descsz, 4);
    if (next > bytes) return 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes + name, "GNU", 4) == 0) {
      const std::size_t length = std::min<std::size_t>(room, note.n_descsz);
      std::memcpy(to, notes + content, length);
      return length;
    }
    notes += next;
    bytes -= next;
  }
  return 0;
}

}  // namespace

std::size_t own_build_id(std::uint8_t* to, std::size_t room) {
  const char* module = reinterpret_cast<const char*>(&__ehdr_start);
  const auto* headers = reinterpret_cast<const ElfW(Phdr)*>(module + __ehdr_start.e_phoff);
  ElfW(Addr) base = 0;
  for (int i = 0; i < __ehdr_start.e_phnum; ++i)
    if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0) base = headers[i].p_vaddr;
  for (int i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (headers[i].p_type != PT_NOTE) continue;
    const std::size_t length =
        id_in(module + (headers[i].p_vaddr - base), headers[i].p_memsz, to, room);
    if (length > 0) return length;
  }
  return 0;
}

}  // namespace arenite
