// SPDX-License-Identifier: MIT
#include "debug/memory/core_notes.hpp"

#include <elf.h>
#include <sys/procfs.h>

#include <algorithm>
#include <cstring>

namespace arenite {
namespace {

/// More threads than a process can have.
constexpr std::size_t kMostThreads = std::size_t{1} << 22;
/// The kernel writes 4 MiB of names, and 16 if told to.
constexpr std::uint64_t kMostFileBytes = std::uint64_t{64} << 20;
constexpr std::size_t kMostPathBytes = 16384;

std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + 3) & ~std::uint64_t{3};
}

/// A note in the file: where its contents lie.
struct Contents {
  const FileBlocks& file;
  std::uint64_t at;
  std::uint64_t bytes;

  template <class T>
  bool read(T& to) const {
    return bytes >= sizeof to && file.read(at, &to, sizeof to);
  }
};

void take_status(const Contents& note, CoreNotes& notes) {
  elf_prstatus status;
  if (!note.read(status) || notes.threads.size() == kMostThreads) return;
  CoreThread thread;
  thread.number = static_cast<std::uint64_t>(static_cast<std::uint32_t>(status.pr_pid));
  static_assert(sizeof thread.registers == sizeof status.pr_reg);
  std::memcpy(&thread.registers, &status.pr_reg, sizeof thread.registers);
  if (notes.threads.empty()) notes.signal = status.pr_cursig;
  notes.threads.push_back(thread);
}

void take_process(const Contents& note, CoreNotes& notes) {
  elf_prpsinfo process;
  if (!note.read(process)) return;
  notes.pid = static_cast<std::uint32_t>(process.pr_pid);
  notes.command.assign(process.pr_fname, ::strnlen(process.pr_fname, sizeof process.pr_fname));
}

/// A count, the size of a page, three words for each mapping, and then the paths.
bool take_files(const Contents& note, CoreNotes& notes) {
  std::uint64_t head[2];
  if (note.bytes > kMostFileBytes || !note.read(head)) return false;
  const std::uint64_t count = head[0], page_bytes = head[1];
  if (count > (note.bytes - sizeof head) / 24) return false;
  std::vector<char> bytes(note.bytes);
  if (!note.file.read(note.at, bytes.data(), bytes.size())) return false;
  const char* path = bytes.data() + sizeof head + count * 24;
  const char* const end = bytes.data() + bytes.size();
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t words[3];
    std::memcpy(words, bytes.data() + sizeof head + i * sizeof words, sizeof words);
    const std::size_t length = ::strnlen(path, static_cast<std::size_t>(end - path));
    if (length == static_cast<std::size_t>(end - path)) return false;
    const Address before = notes.files.empty() ? 0 : notes.files.back().end;
    if (words[0] < before || words[0] >= words[1] || length > kMostPathBytes) return false;
    notes.files.push_back({words[0], words[1], words[2] * page_bytes, {path, length}});
    path += length + 1;
  }
  return true;
}

/// Pairs of words, until one that begins with 0.
void take_auxiliary(const Contents& note, CoreNotes& notes) {
  constexpr std::uint64_t kMostPairs = 256;
  const std::uint64_t count = std::min(note.bytes / sizeof(Elf64_auxv_t), kMostPairs);
  for (std::uint64_t i = 0; i < count; ++i) {
    Elf64_auxv_t pair;
    if (!note.file.read(note.at + i * sizeof pair, &pair, sizeof pair) || pair.a_type == AT_NULL)
      return;
    // The kernel puts these random bytes behind the arguments.
    if (pair.a_type == AT_RANDOM) notes.in_stack = pair.a_un.a_val;
    if (pair.a_type == AT_SYSINFO_EHDR) notes.vdso = pair.a_un.a_val;
  }
}

}  // namespace

void CoreNotes::take(const FileBlocks& file, std::uint64_t at, std::uint64_t bytes) {
  while (bytes >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    if (!file.read(at, &note, sizeof note)) {
      damage = "its notes cannot be read";
      return;
    }
    const std::uint64_t name = sizeof note;
    const std::uint64_t contents = name + padded(note.n_namesz);
    if (contents + note.n_descsz > bytes) {
      damage = "a note is longer than its segment";
      return;
    }
    const Contents inside{file, at + contents, note.n_descsz};
    char text[5] = {};
    const bool of_core = note.n_namesz == sizeof text && file.read(at + name, text, sizeof text) &&
                         std::memcmp(text, "CORE", sizeof text) == 0;
    if (of_core && note.n_type == NT_PRSTATUS) take_status(inside, *this);
    if (of_core && note.n_type == NT_PRPSINFO) take_process(inside, *this);
    if (of_core && note.n_type == NT_AUXV) take_auxiliary(inside, *this);
    if (of_core && note.n_type == NT_FILE && !take_files(inside, *this))
      damage = "its list of mapped files makes no sense";
    const std::uint64_t whole = std::min(contents + padded(note.n_descsz), bytes);
    at += whole;
    bytes -= whole;
  }
}

}  // namespace arenite
