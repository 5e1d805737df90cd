// SPDX-License-Identifier: MIT
#include "proptests/model/hop_file.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace arenite::model {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kVersionAt = 8, kChecksumAt = 16;

std::uint64_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

std::uint64_t read_number(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | bytes[i];
  return number;
}

void write_number(std::uint64_t number, std::span<std::uint8_t> bytes) {
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(number);
    number >>= 8;
  }
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

}  // namespace

Loaded unpack(std::span<const std::uint8_t> bytes) {
  const bool container = bytes.size() >= kHopCookieBytes &&
                         std::equal(std::begin(kHopCookie), std::end(kHopCookie), bytes.begin());
  if (!container) return {decode(bytes), ""};
  if (bytes.size() < kHopHeaderBytes) return {{}, "cut short inside the header"};
  const std::uint64_t version = read_number(bytes.subspan(kVersionAt, 4));
  if (version != kVersion) return {{}, "version " + std::to_string(version) + ", not 1"};
  const auto body = bytes.subspan(kHopHeaderBytes);
  if (read_number(bytes.subspan(kChecksumAt, 8)) != checksum(body))
    return {{}, "the checksum does not match: cut short or changed"};
  return {decode(body), ""};
}

std::vector<std::uint8_t> pack(const Program& program) {
  const std::vector<std::uint8_t> body = encode(program);
  std::vector<std::uint8_t> bytes(kHopHeaderBytes);
  std::copy(std::begin(kHopCookie), std::end(kHopCookie), bytes.begin());
  write_number(kVersion, std::span(bytes).subspan(kVersionAt, 4));
  write_number(checksum(body), std::span(bytes).subspan(kChecksumAt, 8));
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

std::string read_file(const std::string& path, std::vector<std::uint8_t>& bytes) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) return "cannot be opened";
  std::uint8_t buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file.get())) {
    // /dev/zero has no end.
    if (bytes.size() + got > kMostFileBytes) return "is longer than a heap program can be";
    bytes.insert(bytes.end(), buffer, buffer + got);
  }
  return std::ferror(file.get()) != 0 ? "cannot be read" : "";
}

Loaded load(const std::string& path) {
  std::vector<std::uint8_t> bytes;
  std::string error = read_file(path, bytes);
  if (!error.empty()) return {{}, std::move(error)};
  return unpack(bytes);
}

bool save(const std::string& path, const Program& program) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) return false;
  const std::vector<std::uint8_t> bytes = pack(program);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  return std::fclose(file.release()) == 0 && written;
}

}  // namespace arenite::model
