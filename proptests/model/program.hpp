// SPDX-License-Identifier: MIT
// A heap program: a configuration and a list of operations. Its stored form ("body") has no header:
// record 0 is the configuration, each further 8 bytes an operation, little-endian; any byte string
// is the body of a program, and what is left over at the end is ignored.
//
// Configuration record:
//   byte 0   bits 0-2: geometry, 0 to 5 tiny, 6 classic, 7 production; bits 3-4: arenas that the
//            range has room for, less one (but never less than the geometry's least); the rest is
//            reserved
//   byte 1   bits 0-1: thread blocks attached at the start, less one; bits 2-6: of the schedule's
//            seed, the low ones; bit 7: the thread blocks are diverted
//   byte 2   bits 0-1: slots, 8 << twice that; bits 2-7: of the schedule's seed, the high ones
//   byte 3   of guarded heaps. bits 0-3: quarantine, 512 << that bytes; bits 4-5: guards of 16, 32,
//            112 or 1024 bytes; bit 6: they are keyed; bit 7: nothing is filled
//   byte 4-5 number of the first request to the system that is refused, 0: none; bytes 6-7: how
//            many
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "proptests/model/operation.hpp"

namespace arenite::model {

inline constexpr std::size_t kRecordBytes = 8;

enum class GeometryName : std::uint8_t { tiny, classic, production };
inline constexpr const char* kGeometryNames[] = {"tiny", "classic", "production"};

inline constexpr unsigned kMostScheduleSeed = 2047;

struct Configuration {
  GeometryName geometry = GeometryName::tiny;
  /// 1 to 4
  std::uint8_t arenas = 1;
  /// 1 to 4
  std::uint8_t threads = 1;
  bool diverted = false;
  /// 0 to 3
  std::uint8_t slot_code = 0;
  std::uint16_t first_refusal = 0;
  std::uint16_t refusals = 0;
  /// 0 to 15
  std::uint8_t quarantine_code = 0;
  /// 0 to 3
  std::uint8_t guard_code = 0;
  bool keyed = false;
  bool unfilled = false;
  /// 0 to kMostScheduleSeed; where operations are dealt out to threads, which schedules they have
  std::uint16_t schedule_seed = 0;

  std::uint32_t slots() const { return 8u << 2 * slot_code; }
  bool operator==(const Configuration&) const = default;
};

struct Program {
  Configuration configuration;
  std::vector<Operation> operations;

  bool operator==(const Program&) const = default;
};

/// Total: every byte string is a program. Operations come out canonical.
Program decode(std::span<const std::uint8_t> body);

/// decode(encode(p)) == p for every program whose operations are canonical.
std::vector<std::uint8_t> encode(const Program& program);

}  // namespace arenite::model
