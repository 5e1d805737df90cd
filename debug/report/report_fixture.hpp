// SPDX-License-Identifier: MIT
// For tests: reports of made-up faults, names of made-up modules, and a sink that keeps the text.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "debug/report/frame_names.hpp"
#include "debug/report/report.hpp"
#include "debug/report/sink.hpp"

namespace arenite::report_fixture {

inline constexpr Address kBlock = 0x7f0000001040;
inline constexpr std::size_t kBlockBytes = 10;

/// A program at 0x400000 and two libraries; nothing else is code.
inline bool find_made_up(void*, Address pc, FrameName& name) {
  static constexpr std::uint8_t kProgramId[] = {0x4f, 0x1d, 0x00, 0xff};
  static constexpr std::uint8_t kLibcId[] = {0x93, 0xac};
  if (pc >= 0x400000 && pc < 0x500000) {
    name = {"/bin/program", pc - 0x400000, kProgramId};
  } else if (pc >= 0x7e0000000000 && pc < 0x7e0000100000) {
    name = {"/lib/libc.so.6", pc - 0x7e0000000000, kLibcId};
  } else if (pc >= 0x7d0000000000 && pc < 0x7d0000100000) {
    name = {"/opt/libarenite.so.0", pc - 0x7d0000000000, {}};
  } else {
    return false;
  }
  return true;
}

inline constexpr FrameNames kMadeUpNames{nullptr, &find_made_up};

inline Frames frames(std::initializer_list<Address> pcs, bool exact_first = false) {
  Frames made;
  for (const Address pc : pcs) made.pc[made.count++] = pc;
  made.exact_first = exact_first;
  return made;
}

/// A live block of ten bytes with 16 guard bytes on each side, and its two neighbours.
inline Report report_on_block(Fault fault, Address address) {
  Report report;
  report.fault = fault;
  report.address = address;
  report.operation = "free";
  report.pc = 0x7d0000001235;
  report.bp = 0x7fff00000010;
  report.sp = 0x7fff00000000;
  report.here = frames({0x7d0000001235, 0x401137, 0x7e0000027250});
  report.block.known = true;
  report.block.facts = {.begin = kBlock,
                        .size = kBlockBytes,
                        .outer_begin = kBlock - 16,
                        .outer_end = kBlock + 32,
                        .serial = 42,
                        .state = BlockState::live};
  report.block.allocated = frames({0x7d0000002346, 0x401101, 0x7e0000027250});
  report.process = 4711;
  report.settings = "mode=debug:guard_bytes=16";
  report.seed = 77;
  return report;
}

inline void make_freed(Report& report) {
  report.block.facts.state = BlockState::freed;
  report.block.facts.freed_by = 1;
  report.block.freed = frames({0x7d0000003457, 0x401122, 0x12345});
}

/// Two rows and a half, from the guard bytes before the block to those behind it.
inline void add_surroundings(Report& report) {
  Surroundings& around = report.surroundings;
  around.begin = kBlock - 16;
  around.count = 40;
  for (std::size_t i = 0; i < around.count; ++i) {
    const bool user = i >= 16 && i < 16 + kBlockBytes;
    around.kinds[i] = user ? ByteKind::user : ByteKind::guard;
    around.bytes[i] = user ? 0xcd : 0xfd;
  }
  around.kinds[39] = ByteKind::unreadable;
  around.bytes[39] = 0;
  if (report.address >= around.begin && report.address < around.begin + around.count)
    around.bytes[report.address - around.begin] = 0x41;
}

inline void add_neighbours(Report& report) {
  report.before.known = true;
  report.before.facts = {.begin = kBlock - 64, .size = 8, .serial = 41, .state = BlockState::live};
  report.behind.known = true;
  report.behind.facts = {.begin = kBlock + 64,
                         .size = 100,
                         .serial = 40,
                         .allocated_by = 3,
                         .family = Family::new_array,
                         .state = BlockState::freed};
}

/// Keeps what is written.
class Kept {
 public:
  Sink sink() { return {this, &Kept::append}; }
  const std::string& text() const { return text_; }

 private:
  static void append(void* self, const char* bytes, std::size_t count) {
    static_cast<Kept*>(self)->text_.append(bytes, count);
  }

  std::string text_;
};

}  // namespace arenite::report_fixture
