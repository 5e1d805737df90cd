// SPDX-License-Identifier: MIT
#include "debug/snapshot/reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "debug/memory/cannot_tell.hpp"
#include "os/interrupted.hpp"

namespace arenite::snapshot {
namespace {

/// Sections of memory that are kept unpacked.
constexpr std::size_t kSlots = 128;
static_assert(kSlots <= 256, "a place is a byte");

}  // namespace

Reader::Reader(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), slots_(kSlots) {
  if (file_ < 0) throw CannotTell(path + " cannot be read: " + std::strerror(errno));
  try {
    read_header();
    read_sections();
    index_memory();
  } catch (...) {
    ::close(file_);
    throw;
  }
}

Reader::~Reader() {
  ::close(file_);
}

bool Reader::read_file(std::uint64_t at, void* to, std::size_t bytes) const {
  auto* out = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(file_, out, bytes, static_cast<off_t>(at));
    if (interrupted(got)) continue;
    if (got <= 0) return false;
    at += static_cast<std::uint64_t>(got);
    out += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

void Reader::read_header() {
  struct stat status;
  if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode))
    throw CannotTell(path_ + " is not a file");
  file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  if (!read_file(0, &header_, sizeof header_))
    throw CannotTell(path_ + " is too short for a snapshot");
  if (std::memcmp(header_.signature, kSignature, sizeof kSignature) != 0)
    throw CannotTell(path_ + " is not an Arenite snapshot");
  if (header_.checksum != XXH3_64bits(&header_, offsetof(FileHeader, checksum)))
    throw CannotTell(path_ + " is damaged in its header");
  if (header_.version < kOldestVersion || header_.version > kVersion)
    throw CannotTell(path_ + " is a snapshot of version " + std::to_string(header_.version) +
                     "; this build reads up to version " + std::to_string(kVersion));
}

std::string Reader::admit(const SectionHeader& header, std::uint64_t at) {
  const std::uint64_t rest = file_bytes_ - at - sizeof header;
  if (header.checksum != XXH3_64bits(&header, offsetof(SectionHeader, checksum)))
    return "a section's header does not match its checksum";
  if (header.kind < static_cast<std::uint32_t>(Kind::memory) ||
      header.kind > static_cast<std::uint32_t>(Kind::end) || header.reserved != 0 ||
      header.raw_bytes > kMaxRawBytes || header.frame_bytes > ZSTD_compressBound(kMaxRawBytes) ||
      header.raw_bytes > ~header.address)
    return "a section's header makes no sense";
  if (header.frame_bytes > rest) return "cut short inside a section";
  frame_.resize(header.frame_bytes);
  if (!read_file(at + sizeof header, frame_.data(), frame_.size()))
    return "a section cannot be read";
  if (header.frame_bytes > 0 && header.frame_checksum != XXH3_64bits(frame_.data(), frame_.size()))
    return "a section does not match its checksum";
  const bool ends = header.kind == static_cast<std::uint32_t>(Kind::end);
  if (ends &&
      (header.address != sections_.size() || header.raw_bytes != 0 || rest != header.frame_bytes))
    return "the end is not where it says";
  sections_.push_back({static_cast<Kind>(header.kind), header.address, header.raw_bytes,
                       at + sizeof header, header.frame_bytes, header.frame_checksum});
  return "";
}

void Reader::read_sections() {
  std::uint64_t at = sizeof header_;
  while (sections_.empty() || sections_.back().kind != Kind::end) {
    SectionHeader header{};
    std::string wrong;
    if (file_bytes_ - at < sizeof header || !read_file(at, &header, sizeof header))
      wrong = "cut short between sections";
    else
      wrong = admit(header, at);
    if (!wrong.empty()) {
      damage_ = path_ + " is damaged from byte " + std::to_string(at) + " on: " + wrong;
      return;
    }
    at += sizeof header + header.frame_bytes;
  }
}

void Reader::index_memory() {
  for (const Section& section : sections_)
    if (section.kind == Kind::memory && section.raw_bytes > 0) memory_.push_back(section);
  std::sort(memory_.begin(), memory_.end(),
            [](const Section& a, const Section& b) { return a.address < b.address; });
  for (std::size_t i = 1; i < memory_.size(); ++i)
    if (memory_[i - 1].address + memory_[i - 1].raw_bytes > memory_[i].address) {
      damage_ = path_ + " has two sections for address " + std::to_string(memory_[i].address);
      memory_.resize(i);
      break;
    }
  places_.assign(memory_.size(), 0);
}

/// Checks again: the file may have changed since it was opened.
bool Reader::load(const Section& section, std::vector<unsigned char>& raw) const {
  frame_.resize(section.frame_bytes);
  raw.resize(section.raw_bytes);
  if (section.raw_bytes == 0) return true;
  if (!read_file(section.frame_at, frame_.data(), frame_.size()) ||
      XXH3_64bits(frame_.data(), frame_.size()) != section.frame_checksum)
    return false;
  return ZSTD_decompress(raw.data(), raw.size(), frame_.data(), frame_.size()) == raw.size();
}

const Reader::Slot& Reader::slot(std::size_t section) const {
  Slot* slot = &slots_[places_[section]];
  if (slot->section != section) {
    slot = &*std::min_element(slots_.begin(), slots_.end(),
                              [](const Slot& a, const Slot& b) { return a.used < b.used; });
    places_[section] = static_cast<std::uint8_t>(slot - slots_.data());
    slot->section = section;
    slot->sound = load(memory_[section], slot->raw);
  }
  slot->used = ++uses_;
  return *slot;
}

std::string Reader::text(Kind kind) const {
  std::string text;
  std::vector<unsigned char> raw;
  for (const Section& section : sections_)
    if (section.kind == kind && load(section, raw)) text.append(raw.begin(), raw.end());
  return text;
}

bool Reader::read(Address at, void* to, std::size_t bytes) const {
  auto* out = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const auto after = std::upper_bound(
        memory_.begin(), memory_.end(), at,
        [](Address wanted, const Section& section) { return wanted < section.address; });
    if (after == memory_.begin()) return false;
    const Section& section = *(after - 1);
    const std::uint64_t offset = at - section.address;
    if (offset >= section.raw_bytes) return false;
    const Slot& from = slot(static_cast<std::size_t>(after - memory_.begin()) - 1);
    if (!from.sound) return false;
    const std::size_t part = std::min<std::size_t>(bytes, section.raw_bytes - offset);
    std::memcpy(out, from.raw.data() + offset, part);
    at += part;
    out += part;
    bytes -= part;
  }
  return true;
}

}  // namespace arenite::snapshot
