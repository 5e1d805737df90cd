// SPDX-License-Identifier: MIT
// Programs in files. A `.hop` file is the cookie "ARENHOP\n", a 32-bit version, 32 reserved bits, a
// 64-bit checksum of the body (FNV-1a), all little-endian, and the body. A file that does not begin
// with the cookie is a body as it is, such as fuzzers write.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "proptests/model/program.hpp"

namespace arenite::model {

inline constexpr char kHopCookie[] = {'A', 'R', 'E', 'N', 'H', 'O', 'P', '\n'};
inline constexpr std::size_t kHopCookieBytes = sizeof kHopCookie;
inline constexpr std::size_t kHopHeaderBytes = 24;
/// More is refused: 8 million operations, far more than anyone replays.
inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

/// A program, or the reason why there is none; `error` is empty if there is one.
struct Loaded {
  Program program;
  std::string error;
};

/// Fails for a container that is cut short, changed, or of another version.
Loaded unpack(std::span<const std::uint8_t> bytes);
std::vector<std::uint8_t> pack(const Program& program);

/// All of a file; why not, or "".
std::string read_file(const std::string& path, std::vector<std::uint8_t>& bytes);

Loaded load(const std::string& path);
/// False if the file cannot be written.
bool save(const std::string& path, const Program& program);

}  // namespace arenite::model
