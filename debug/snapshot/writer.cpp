// SPDX-License-Identifier: MIT
#include "debug/snapshot/writer.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "debug/memory/cannot_tell.hpp"

namespace arenite::snapshot {
namespace {

constexpr int kCompressionLevel = 3;

}  // namespace

Writer::Writer(const std::string& path)
    : path_(path),
      part_(path + ".part"),
      // Only its owner may read what a program kept in memory.
      file_(::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  if (file_ < 0) fail("cannot be written");
}

Writer::~Writer() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(part_.c_str());
}

void Writer::fail(const char* what) const {
  throw CannotTell(part_ + " " + what + ": " + std::strerror(errno));
}

void Writer::put(const void* bytes, std::size_t count) {
  const auto* from = static_cast<const unsigned char*>(bytes);
  size_ += count;
  while (count > 0) {
    const ssize_t wrote = ::write(file_, from, count);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail("cannot be written");
    from += wrote;
    count -= static_cast<std::size_t>(wrote);
  }
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
  if (::close(file_) != 0) {
    file_ = -1;
    ::unlink(part_.c_str());
    fail("cannot be written");
  }
  file_ = -1;
  if (::rename(part_.c_str(), path_.c_str()) != 0) {
    ::unlink(part_.c_str());
    fail("cannot be renamed");
  }
  return size_;
}

}  // namespace arenite::snapshot
