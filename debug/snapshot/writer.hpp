// SPDX-License-Identifier: MIT
// Writes a snapshot file: it appears whole, or not at all (memory/whole_file.hpp). Throws
// CannotTell if the file cannot be written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "debug/memory/regions.hpp"
#include "debug/memory/whole_file.hpp"
#include "debug/snapshot/format.hpp"
#include "layout/view.hpp"

namespace arenite::snapshot {

class Writer {
 public:
  explicit Writer(const std::string& path);

  /// First of all. The checksum and signature of the header are filled in here.
  void begin(FileHeader header);
  /// Text of any length, as one or more sections.
  void text(Kind kind, std::string_view text);
  /// Copies [begin, end) out of a view, as one or more sections. What cannot be read is left out;
  /// returns how many bytes that were. `told(bytes)` is called for each part that was done.
  template <MemoryView View, class Told>
  std::uint64_t memory(const View& view, Region stretch, Told told);
  template <MemoryView View>
  std::uint64_t memory(const View& view, Region stretch) {
    return memory(view, stretch, [](std::uint64_t) {});
  }
  /// Ends the file and gives it its name. Returns its size.
  std::uint64_t finish();

 private:
  void section(Kind kind, std::uint64_t address, const void* raw, std::size_t bytes);
  void put(const void* bytes, std::size_t count);

  WholeFile file_;
  std::uint64_t sections_ = 0;
  std::uint64_t size_ = 0;
  std::vector<unsigned char> raw_;
  std::vector<unsigned char> frame_;
};

template <MemoryView View, class Told>
std::uint64_t Writer::memory(const View& view, Region stretch, Told told) {
  constexpr std::size_t kPage = 4096;
  std::uint64_t missing = 0;
  for (Address at = stretch.begin; at < stretch.end;) {
    const std::size_t bytes = std::min<std::size_t>(stretch.end - at, kMaxRawBytes);
    raw_.resize(bytes);
    told(bytes);
    if (view.read(at, raw_.data(), bytes)) {
      section(Kind::memory, at, raw_.data(), bytes);
      at += bytes;
      continue;
    }
    // Page by page around the hole.
    for (const Address end = at + bytes; at < end;) {
      const std::size_t part = std::min<std::size_t>(end - at, kPage - at % kPage);
      if (view.read(at, raw_.data(), part))
        section(Kind::memory, at, raw_.data(), part);
      else
        missing += part;
      at += part;
    }
  }
  return missing;
}

}  // namespace arenite::snapshot
