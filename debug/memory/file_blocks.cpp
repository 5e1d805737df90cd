// SPDX-License-Identifier: MIT
#include "debug/memory/file_blocks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "os/interrupted.hpp"

namespace arenite {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;
constexpr std::size_t kSlots = 256;

/// Returns how many bytes there were.
std::size_t read_at(int file, std::uint64_t at, unsigned char* to, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::pread(file, to + done, bytes - done, static_cast<off_t>(at + done));
    if (interrupted(got)) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace

struct FileBlocks::Block {
  std::uint64_t number = ~std::uint64_t{0};
  std::size_t filled = 0;
  std::array<unsigned char, kBlockBytes> bytes;
};

FileBlocks::FileBlocks(const std::string& path)
    : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)), slots_(kSlots) {
  if (file_ < 0) {
    error_ = errno;
    return;
  }
  struct stat status;
  if (::fstat(file_, &status) == 0 && S_ISREG(status.st_mode)) {
    bytes_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  ::close(file_);
  file_ = -1;
}

FileBlocks::~FileBlocks() {
  if (file_ >= 0) ::close(file_);
}

const FileBlocks::Block& FileBlocks::block(std::uint64_t number) const {
  std::unique_ptr<Block>& slot = slots_[number % kSlots];
  if (!slot) slot = std::make_unique<Block>();
  if (slot->number != number) {
    slot->number = number;
    slot->filled = read_at(file_, number * kBlockBytes, slot->bytes.data(), kBlockBytes);
  }
  return *slot;
}

bool FileBlocks::read(std::uint64_t at, void* to, std::size_t bytes) const {
  if (file_ < 0 || at > bytes_ || bytes > bytes_ - at) return false;
  auto* out = static_cast<unsigned char*>(to);
  while (bytes > 0) {
    const Block& from = block(at / kBlockBytes);
    const std::size_t offset = at % kBlockBytes;
    if (offset >= from.filled) return false;
    const std::size_t part = std::min(bytes, from.filled - offset);
    std::memcpy(out, from.bytes.data() + offset, part);
    at += part, out += part, bytes -= part;
  }
  return true;
}

}  // namespace arenite
