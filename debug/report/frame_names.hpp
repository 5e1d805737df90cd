// SPDX-License-Identifier: MIT
// What a report says of a program counter, and how it is asked: a table of functions, so that
// reports know nothing of how modules are found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "debug/report/report.hpp"
#include "debug/stacks/script_frame.hpp"

namespace arenite {

/// Where code lies in a file. What it refers to holds until the next call of `FrameNames::find`.
struct FrameName {
  std::string_view module;  ///< the file's path; any bytes
  Address offset = 0;       ///< the address minus the module's load bias: as in the file's headers
  std::span<const std::uint8_t> build_id;  ///< empty: it has none
};

/// Where an interpreted program is. What it refers to holds for good.
struct ScriptPlace {
  std::string_view file, function;
  std::uint32_t line = 0;
};

struct FrameNames {
  void* context = nullptr;
  /// False if no module has code there. Must be as safe as the report is to be.
  bool (*find)(void* context, Address pc, FrameName& name) = nullptr;

  /// The same of a script frame; null if there are none.
  bool (*find_script)(void* context, Address word, ScriptPlace& place) = nullptr;

  bool script(Address word, ScriptPlace& to) const {
    return is_script_frame(word) && find_script != nullptr && find_script(context, word, to);
  }
  bool name(Address pc, FrameName& to) const { return find != nullptr && find(context, pc, to); }
};

/// How many frames of the machine there are; script frames come behind them.
inline unsigned machine_frames(const Frames& frames) {
  unsigned count = frames.count;
  while (count > 0 && is_script_frame(frames.pc[count - 1])) --count;
  return count;
}

/// The call instruction, not what follows it: a return address may lie in the next line, or
/// function.
inline Address code_address(const Frames& frames, unsigned index) {
  const Address pc = frames.pc[index];
  return (index == 0 && frames.exact_first) || pc == 0 ? pc : pc - 1;
}

/// A module that is never where the fault lies: the allocator, and the C library that calls on its
/// caller's behalf.
inline bool is_between(std::string_view module) {
  std::size_t begin = module.size();
  while (begin > 0 && module[begin - 1] != '/') --begin;
  module.remove_prefix(begin);
  for (const std::string_view name : {"libarenite", "libc.so", "libc-2."})
    if (module.starts_with(name)) return true;
  return false;
}

/// The frame a summary names: the first that is not between; otherwise the first of all. False if
/// there is none. What `name` refers to holds until the next call of `find`.
inline bool find_culprit(const Frames& frames, const FrameNames& names, Address& pc,
                         FrameName& name) {
  const unsigned count = machine_frames(frames);
  for (unsigned i = 0; i < count; ++i) {
    pc = code_address(frames, i);
    if (names.name(pc, name) && !is_between(name.module)) return true;
  }
  if (count == 0) return false;
  pc = code_address(frames, 0);
  if (!names.name(pc, name)) name = {};
  return true;
}

}  // namespace arenite
