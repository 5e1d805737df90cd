// SPDX-License-Identifier: MIT
#include "debug/snapshot/writer.hpp"

#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "debug/memory/cannot_tell.hpp"

namespace arenite::snapshot {
namespace {

constexpr int kCompressionLevel = 3;

}  // namespace

// Only its owner may read what a program kept in memory.
Writer::Writer(const std::string& path) : file_(path, 0600) {}

void Writer::put(const void* bytes, std::size_t count) {
  file_.put(bytes, count);
  size_ += count;
}

void Writer::begin(FileHeader header) {
  std::memcpy(header.signature, kSignature, sizeof kSignature);
  header.version = kVersion;
  header.checksum = XXH3_64bits(&header, offsetof(FileHeader, checksum));
  put(&header, sizeof header);
}

void Writer::section(Kind kind, std::uint64_t address, const void* raw, std::size_t bytes) {
  SectionHeader header{};
  header.kind = static_cast<std::uint32_t>(kind);
  header.address = address;
  header.raw_bytes = bytes;
  if (bytes > 0) {
    frame_.resize(ZSTD_compressBound(bytes));
    const std::size_t size =
        ZSTD_compress(frame_.data(), frame_.size(), raw, bytes, kCompressionLevel);
    if (ZSTD_isError(size) != 0) throw CannotTell(std::string("zstd: ") + ZSTD_getErrorName(size));
    header.frame_bytes = size;
    header.frame_checksum = XXH3_64bits(frame_.data(), size);
  }
  header.checksum = XXH3_64bits(&header, offsetof(SectionHeader, checksum));
  put(&header, sizeof header);
  put(frame_.data(), header.frame_bytes);
  ++sections_;
}

void Writer::text(Kind kind, std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMaxRawBytes)))
    section(kind, 0, text.data(), std::min(text.size(), kMaxRawBytes));
}

std::uint64_t Writer::finish() {
  section(Kind::end, sections_, nullptr, 0);
  file_.finish();
  return size_;
}

}  // namespace arenite::snapshot
