// SPDX-License-Identifier: MIT
// Blocks that nothing refers to, grouped by where they were allocated, as data; and how they are
// printed. Never allocates; signal-safe if the sink and the names are.
#pragma once

#include <cstdint>
#include <span>

#include "debug/report/frame_names.hpp"
#include "debug/report/sink.hpp"

namespace arenite {

struct LeakGroup {
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
  /// Nothing refers to them; otherwise only leaked blocks do.
  bool direct = true;
  /// Of one of them, to stop at its allocation; 0: not known.
  std::uint64_t serial = 0;
  Frames allocated;
};

struct LeakReport {
  /// In the order they are to be shown in.
  std::span<const LeakGroup> groups;
  std::uint64_t process = 0;
  const char* settings = "";
  std::uint64_t seed = 0;
  const char* mode = "debug";
  const char* program = "PROGRAM";
};

/// The most the groups of a report take up; those that do not fit are counted and left out. The
/// totals hold them all.
inline constexpr std::size_t kLeakTextBytes = 200 << 10;

/// In LeakSanitizer's layout.
void print_leaks_text(const LeakReport& report, const FrameNames& names, const Sink& sink);

/// One JSON object on one line, as debug/report/README.md tells.
void print_leaks_json(const LeakReport& report, const FrameNames& names, const Sink& sink);

}  // namespace arenite
