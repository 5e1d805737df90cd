// SPDX-License-Identifier: MIT
// What `arenite audit --snapshot` does with a file: any bytes. It never crashes or hangs, whatever
// the file claims; all it may do is refuse (CannotTell) or report. Bytes that checksums turn away
// are tried again with the checksums put right, so that what lies behind them is reached.
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "debug/snapshot/format.hpp"
#include "fuzz/support/memory_file.hpp"

namespace {

using namespace arenite;
namespace format = arenite::snapshot;

/// Calls each(offset, header) for what would be sections; `each` may change the header, which is
/// then put back.
template <class Each>
void for_each_section(std::vector<std::uint8_t>& bytes, Each each) {
  std::size_t at = sizeof(format::FileHeader);
  while (at + sizeof(format::SectionHeader) <= bytes.size()) {
    format::SectionHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    each(at + sizeof header, header);
    std::memcpy(bytes.data() + at, &header, sizeof header);
    const std::size_t rest = bytes.size() - at - sizeof header;
    if (header.frame_bytes > rest) return;
    at += sizeof header + header.frame_bytes;
  }
}

void put_right(std::vector<std::uint8_t>& bytes) {
  format::FileHeader file;
  if (bytes.size() < sizeof file) return;
  std::memcpy(&file, bytes.data(), sizeof file);
  std::memcpy(file.signature, format::kSignature, sizeof file.signature);
  file.version = format::kVersion;
  file.checksum = XXH3_64bits(&file, offsetof(format::FileHeader, checksum));
  std::memcpy(bytes.data(), &file, sizeof file);
  for_each_section(bytes, [&bytes](std::size_t frame, format::SectionHeader& header) {
    if (header.frame_bytes <= bytes.size() - frame)
      header.frame_checksum = XXH3_64bits(bytes.data() + frame, header.frame_bytes);
    header.checksum = XXH3_64bits(&header, offsetof(format::SectionHeader, checksum));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile file;
  fuzz::count_input();
  std::vector<std::uint8_t> bytes(data, data + size);
  if (fuzz::let_in(examine_snapshot, file.hold(bytes))) return 0;
  put_right(bytes);
  if (fuzz::let_in(examine_snapshot, file.hold(bytes))) fuzz::count("put_right");
  return 0;
}
