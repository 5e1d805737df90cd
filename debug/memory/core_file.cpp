// SPDX-License-Identifier: MIT
#include "debug/memory/core_file.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <tuple>

#include "debug/memory/cannot_tell.hpp"
#include "debug/memory/heap_sites.hpp"

namespace arenite {
namespace {

/// More mappings than vm.max_map_count is ever set to; what a file claims beyond is not looked at.
constexpr std::uint64_t kMostSegments = std::uint64_t{1} << 24;

/// A module's file as its first mapping shows it.
struct FromFile {
  const FileBlocks& file;
  Address begin;
  bool read(Address at, void* to, std::size_t bytes) const {
    return at >= begin && file.read(at - begin, to, bytes);
  }
};

template <MemoryView View>
std::vector<std::uint8_t> build_id_at(const View& view, Address begin) {
  HeapSite site;
  MappedModule<View>(view, begin).find(site);
  return site.build_id;
}

void append_line(std::string& text, const Mapping& mapping, const std::string& path) {
  char line[128];
  std::snprintf(line, sizeof line, "%" PRIx64 "-%" PRIx64 " %c%c%cp %08" PRIx64 " 00:00 %" PRIu64,
                mapping.begin, mapping.end, mapping.readable ? 'r' : '-',
                mapping.writable ? 'w' : '-', mapping.executable ? 'x' : '-', mapping.offset,
                mapping.inode);
  text += line;
  text += ' ';
  for (const char byte : path) {
    if (byte == '\n')
      text += "\\012";
    else
      text += byte;
  }
  text += '\n';
}

}  // namespace

/// What the core itself holds.
struct CoreFile::CoreOnly {
  const CoreFile& core;
  bool read(Address at, void* to, std::size_t bytes) const {
    auto* out = static_cast<unsigned char*>(to);
    while (bytes > 0) {
      const std::size_t part = core.read_core(at, out, bytes);
      if (part == 0) return false;
      at += part, out += part, bytes -= part;
    }
    return true;
  }
};

/// A file as it is now; `same` if it is the one that was mapped.
class CoreFile::MappedFile {
 public:
  MappedFile(const CoreFile& core, const std::string& path) : file(path) {
    if (!file.opened()) return;
    for (const CoreFileMapping& mapping : core.notes_.files) {
      if (mapping.offset != 0 || mapping.path != path) continue;
      const auto then = build_id_at(CoreOnly{core}, mapping.begin);
      same = !then.empty() && then == build_id_at(FromFile{file, mapping.begin}, mapping.begin);
      return;
    }
  }

  FileBlocks file;
  bool same = false;
};

CoreFile::CoreFile(const std::string& path, MappedFiles mapped)
    : path_(path), file_(path), policy_(mapped) {
  if (!file_.opened())
    throw CannotTell(path + (file_.error() == 0 ? std::string(" is not a file")
                                                : std::string(" cannot be read: ") +
                                                      std::strerror(file_.error())));
  Elf64_Ehdr header;
  if (!file_.read(0, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_type != ET_CORE)
    throw CannotTell(path + " is not a core file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64 || header.e_phentsize != sizeof(Elf64_Phdr))
    throw CannotTell(path + " is a core file of another kind of machine");
  read_segments(header);
  if (!notes_.damage.empty()) note_damage(notes_.damage);
}

CoreFile::~CoreFile() = default;

/// The first is what all others follow from.
void CoreFile::note_damage(const std::string& what) {
  if (damage_.empty()) damage_ = path_ + " is damaged: " + what;
}

/// More than 65534 are counted in the first section header.
std::uint64_t CoreFile::header_count(const Elf64_Ehdr& header) const {
  Elf64_Shdr section;
  if (header.e_phnum != PN_XNUM) return header.e_phnum;
  if (header.e_shoff == 0 || !file_.read(header.e_shoff, &section, sizeof section)) return PN_XNUM;
  return section.sh_info;
}

void CoreFile::read_segments(const Elf64_Ehdr& header) {
  const std::uint64_t room =
      header.e_phoff < file_.bytes() ? (file_.bytes() - header.e_phoff) / sizeof(Elf64_Phdr) : 0;
  std::uint64_t count = header_count(header);
  if (count > std::min(room, kMostSegments)) {
    note_damage("it is cut short inside its program headers");
    count = std::min(room, kMostSegments);
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    Elf64_Phdr segment;
    if (!file_.read(header.e_phoff + i * sizeof segment, &segment, sizeof segment)) {
      note_damage("its program headers cannot be read");
      break;
    }
    if (segment.p_type == PT_LOAD) add_segment(segment);
    if (segment.p_type != PT_NOTE || segment.p_offset > file_.bytes()) continue;
    const std::uint64_t there = file_.bytes() - segment.p_offset;
    if (segment.p_filesz > there) note_damage("it is cut short inside its notes");
    notes_.take(file_, segment.p_offset, std::min(segment.p_filesz, there));
  }
  order_segments();
}

void CoreFile::add_segment(const Elf64_Phdr& header) {
  if (header.p_memsz == 0) return;
  if (header.p_memsz > ~header.p_vaddr || header.p_filesz > header.p_memsz ||
      header.p_filesz > ~header.p_offset)
    return note_damage("a segment's header makes no sense");
  const std::uint64_t there = header.p_offset < file_.bytes() ? file_.bytes() - header.p_offset : 0;
  if (header.p_filesz > there) note_damage("it is cut short");
  segments_.push_back({header.p_vaddr, header.p_vaddr + header.p_memsz, header.p_offset,
                       std::min(header.p_filesz, there), header.p_flags});
}

void CoreFile::order_segments() {
  const auto before = [](const Segment& a, const Segment& b) {
    return std::tuple(a.begin, a.offset) < std::tuple(b.begin, b.offset);
  };
  if (!std::is_sorted(segments_.begin(), segments_.end(), before))
    std::sort(segments_.begin(), segments_.end(), before);
  for (std::size_t i = 1; i < segments_.size(); ++i)
    if (segments_[i - 1].end > segments_[i].begin) {
      note_damage("two segments are for the same addresses");
      segments_.resize(i);
      return;
    }
}

const CoreFile::Segment* CoreFile::segment_at(Address at) const {
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), at,
      [](Address wanted, const Segment& segment) { return wanted < segment.begin; });
  if (after == segments_.begin() || at >= (after - 1)->end) return nullptr;
  return &*(after - 1);
}

const CoreFileMapping* CoreFile::file_at(Address at) const {
  const auto after = std::upper_bound(
      notes_.files.begin(), notes_.files.end(), at,
      [](Address wanted, const CoreFileMapping& file) { return wanted < file.begin; });
  if (after == notes_.files.begin() || at >= (after - 1)->end) return nullptr;
  return &*(after - 1);
}

/// Copies up to where the segment ends; returns how many bytes, 0 if the core has none.
std::size_t CoreFile::read_core(Address at, unsigned char* to, std::size_t bytes) const {
  const Segment* segment = segment_at(at);
  if (segment == nullptr || at - segment->begin >= segment->file_bytes) return 0;
  const std::uint64_t offset = at - segment->begin;
  const std::size_t part = std::min<std::size_t>(bytes, segment->file_bytes - offset);
  return file_.read(segment->offset + offset, to, part) ? part : 0;
}

const CoreFile::MappedFile& CoreFile::mapped_file(const std::string& path) const {
  std::unique_ptr<MappedFile>& file = mapped_[path];
  if (!file) file = std::make_unique<MappedFile>(*this, path);
  return *file;
}

/// The same for what is in the mapped file, up to where the mapping or something in the core
/// begins.
std::size_t CoreFile::read_mapped(Address at, unsigned char* to, std::size_t bytes) const {
  const CoreFileMapping* mapping = policy_ == MappedFiles::read ? file_at(at) : nullptr;
  if (mapping == nullptr) return 0;
  const MappedFile& mapped = mapped_file(mapping->path);
  if (!mapped.same) return 0;
  // A page of the core is whole, so none begins within this one.
  const std::size_t part =
      std::min<std::size_t>({bytes, mapping->end - at, std::size_t{4096} - at % 4096});
  return mapped.file.read(mapping->offset + (at - mapping->begin), to, part) ? part : 0;
}

bool CoreFile::read(Address at, void* to, std::size_t bytes) const {
  auto* out = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    std::size_t part = read_core(at, out, bytes);
    if (part == 0) part = read_mapped(at, out, bytes);
    if (part == 0) return false;
    at += part, out += part, bytes -= part;
  }
  return true;
}

/// As /proc/PID/maps calls what no file is behind.
const char* CoreFile::kernels_name(const Segment& segment) const {
  const auto holds = [&](Address at) { return at >= segment.begin && at < segment.end; };
  return holds(notes_.in_stack) ? "[stack]" : holds(notes_.vdso) ? "[vdso]" : "";
}

std::string CoreFile::maps() const {
  std::string text;
  auto file = notes_.files.begin();
  // A file's mapping that is in no segment: that it could be read is a guess.
  const auto files_before = [&](Address end) {
    for (; file != notes_.files.end() && file->begin < end; ++file)
      if (segment_at(file->begin) == nullptr)
        append_line(text, {file->begin, file->end, file->offset, 1, true, false, false, {}},
                    file->path);
  };
  for (const Segment& segment : segments_) {
    files_before(segment.begin);
    const CoreFileMapping* from = file_at(segment.begin);
    // Without a list of files any segment may be a module's.
    const bool named = from != nullptr || notes_.files.empty();
    append_line(text,
                {segment.begin,
                 segment.end,
                 from == nullptr ? 0 : from->offset + (segment.begin - from->begin),
                 named ? 1u : 0u,
                 (segment.flags & PF_R) != 0,
                 (segment.flags & PF_W) != 0,
                 (segment.flags & PF_X) != 0,
                 {}},
                from == nullptr ? kernels_name(segment) : from->path);
    while (file != notes_.files.end() && file->begin < segment.end) ++file;
  }
  files_before(~Address{0});
  return text;
}

}  // namespace arenite
