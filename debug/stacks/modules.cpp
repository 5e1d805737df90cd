// SPDX-License-Identifier: MIT
#include "debug/stacks/modules.hpp"

#include <algorithm>
#include <cstring>

#include "debug/stacks/byte_reader.hpp"
#include "debug/stacks/executable_path.hpp"
#include "debug/stacks/loaded_objects.hpp"

namespace arenite {
namespace {

constinit ExecutablePath path_of_executable;

/// Copies the build id if it is among these notes.
bool take_build_id(ByteReader notes, std::uint64_t alignment, ModuleFrame& frame) {
  // A content, and the next note, begin at a multiple of the alignment.
  const auto padding = [&notes, begin = notes.at(), alignment] {
    return (begin - notes.at()) & (alignment - 1);
  };
  while (!notes.done()) {
    Elf64_Nhdr note = notes.take<Elf64_Nhdr>();
    const ByteReader name = notes.take_part(note.n_namesz);
    notes.skip(padding());
    ByteReader content = notes.take_part(note.n_descsz);
    if (!notes.good()) return false;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(reinterpret_cast<const void*>(name.at()), "GNU", 4) == 0) {
      frame.build_id_bytes = std::min<std::size_t>(note.n_descsz, ModuleFrame::kMostBuildIdBytes);
      std::memcpy(frame.build_id, reinterpret_cast<const void*>(content.at()),
                  frame.build_id_bytes);
      return true;
    }
    // The last note's padding may be missing.
    notes.skip(std::min(padding(), notes.end() - notes.at()));
  }
  return false;
}

void find_build_id(const LoadedObject& object, ModuleFrame& frame) {
  for (unsigned i = 0; i < object.header_count; ++i) {
    const Elf64_Phdr& header = object.headers[i];
    if (header.p_type != PT_NOTE) continue;
    const Address begin = object.bias + header.p_vaddr;
    const ByteRange readable = object.readable_around(begin);
    if (!readable.holds(begin) || header.p_memsz > readable.end - begin) continue;
    if (take_build_id({begin, begin + header.p_memsz}, header.p_align == 8 ? 8 : 4, frame)) return;
  }
}

const char* path_of(const LoadedObject& object) {
  return object.name[0] == '\0' ? path_of_executable.get() : object.name;
}

}  // namespace

bool find_module(Address pc, ModuleFrame& frame) {
  LoadedObject object;
  if (!find_object(pc, object)) return false;
  frame = {};
  frame.path = path_of(object);
  frame.offset = pc - object.bias;
  frame.begin = object.begin;
  frame.end = object.end;
  find_build_id(object, frame);
  return true;
}

const char* module_path_of(Address pc) {
  LoadedObject object;
  return find_object(pc, object) ? path_of(object) : nullptr;
}

}  // namespace arenite
