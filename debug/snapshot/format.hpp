// SPDX-License-Identifier: MIT
// The bytes of a snapshot file, as debug/snapshot/README.md documents them. Little-endian; every
// byte of the file is under a checksum.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arenite::snapshot {

inline constexpr char kSignature[8] = {'A', 'R', 'N', 'S', 'N', 'A', 'P', '\n'};
inline constexpr std::uint32_t kVersion = 2;
/// Says less of modules, threads and the debug layer; is read all the same.
inline constexpr std::uint32_t kOldestVersion = 1;

/// Flags of the file.
inline constexpr std::uint32_t kTorn = 1;  ///< the process was inside an operation, or ran on
inline constexpr std::uint32_t kFull = 2;  ///< users' memory is there, too

struct FileHeader {
  char signature[8];
  std::uint32_t version;
  std::uint32_t flags;
  std::uint64_t fingerprint;  ///< of the layout
  std::uint64_t pid;
  std::uint64_t time_ns;   ///< since 1970
  std::uint64_t checksum;  ///< XXH3-64 of what stands before
};
static_assert(sizeof(FileHeader) == 48);

enum class Kind : std::uint32_t {
  memory = 1,    ///< bytes of the process, from `address` on
  facts = 2,     ///< lines of text: what is known of the process
  mappings = 3,  ///< lines of its /proc/PID/maps
  end = 4,       ///< the last section; `address` is how many came before it
};

/// Stands before each section's frame, which follows at once.
struct SectionHeader {
  std::uint32_t kind;
  std::uint32_t reserved;  ///< 0
  std::uint64_t address;
  std::uint64_t raw_bytes;       ///< at most kMaxRawBytes
  std::uint64_t frame_bytes;     ///< of the zstd frame; 0 if raw_bytes is
  std::uint64_t frame_checksum;  ///< XXH3-64
  std::uint64_t checksum;        ///< XXH3-64 of what stands before
};
static_assert(sizeof(SectionHeader) == 48);

/// Longer stretches are cut, so that a reader needs little memory whatever the file says.
inline constexpr std::size_t kMaxRawBytes = std::size_t{1} << 20;

}  // namespace arenite::snapshot
