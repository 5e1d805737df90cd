// SPDX-License-Identifier: MIT
// A snapshot file, as a MemoryView and the texts that came with it. Opening it checks every byte; a
// file that is damaged, or cut short, is open up to there and says where and why (`damage`). Trusts
// nothing: its memory use does not depend on what the file claims. For one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "debug/snapshot/format.hpp"
#include "layout/view.hpp"

namespace arenite::snapshot {

class Reader {
 public:
  /// Throws CannotTell if the file cannot be read, or has not even a sound header.
  explicit Reader(const std::string& path);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const FileHeader& header() const { return header_; }
  /// "" for a sound file.
  const std::string& damage() const { return damage_; }
  /// The text of all sections of that kind.
  std::string text(Kind kind) const;
  bool read(Address at, void* to, std::size_t bytes) const;

 private:
  struct Section {
    Kind kind;
    std::uint64_t address;
    std::uint64_t raw_bytes;
    std::uint64_t frame_at;  ///< in the file
    std::uint64_t frame_bytes;
    std::uint64_t frame_checksum;
  };
  struct Slot {
    std::size_t section = ~std::size_t{0};
    bool sound = false;
    std::uint64_t used = 0;  ///< at which count of uses it was last
    std::vector<unsigned char> raw;
  };

  void read_header();
  void read_sections();
  /// Judges the header at `at`; why it is damaged, or "".
  std::string admit(const SectionHeader& header, std::uint64_t at);
  void index_memory();
  bool read_file(std::uint64_t at, void* to, std::size_t bytes) const;
  bool load(const Section& section, std::vector<unsigned char>& raw) const;
  /// Unpacked; in place of the one that was not used for longest.
  const Slot& slot(std::size_t section) const;

  std::string path_;
  int file_;
  std::uint64_t file_bytes_ = 0;
  FileHeader header_{};
  std::string damage_;
  std::vector<Section> sections_;
  /// Those of memory, by address, disjoint.
  std::vector<Section> memory_;
  mutable std::vector<Slot> slots_;
  /// Of each of `memory_`, its place in `slots_`, if it still stands there.
  mutable std::vector<std::uint8_t> places_;
  mutable std::uint64_t uses_ = 0;
  mutable std::vector<unsigned char> frame_;
};
static_assert(MemoryView<Reader>);

}  // namespace arenite::snapshot
