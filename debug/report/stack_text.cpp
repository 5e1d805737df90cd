// SPDX-License-Identifier: MIT
#include "debug/report/stack_text.hpp"

#include <algorithm>

namespace arenite {
namespace {

constexpr std::size_t kModuleBytes = 4096;

void print_name(const FrameName& name, Printer& to) {
  const auto end = name.module.begin() + std::min(name.module.size(), kModuleBytes);
  const std::string_view module(name.module.begin(), end);
  to << '(';
  print_on_one_line(module, to);
  to << '+' << Hex{name.offset} << ')';
  if (name.build_id.empty()) return;
  to << " (BuildId: ";
  for (const std::uint8_t byte : name.build_id) to.byte_in_hex(byte);
  to << ')';
}

void print_frame(unsigned number, Address pc, const FrameNames& names, Printer& to) {
  // Two blanks, where sanitizers put " in FUNCTION " once they know it.
  to << "    #" << number << ' ' << Pointer{pc} << "  ";
  print_place(pc, names, to);
  to << '\n';
}

/// As lines of Arenite's own, which readers of sanitizers' reports pass over.
void print_script(const Frames& frames, unsigned first, const FrameNames& names, Printer& to) {
  if (first < frames.count) to << "arenite: in Python, innermost first:\n";
  for (unsigned i = first; i < frames.count; ++i) {
    ScriptPlace place;
    if (!names.script(frames.pc[i], place)) continue;
    to << "arenite:   File \"";
    print_on_one_line(place.file, to);
    to << "\", line " << place.line << ", in ";
    print_on_one_line(place.function, to);
    to << '\n';
  }
}

}  // namespace

void print_place(Address pc, const FrameNames& names, Printer& to) {
  FrameName name;
  if (names.name(pc, name)) {
    print_name(name, to);
  } else {
    to << "(<unknown module>)";
  }
}

void print_stack(const Frames& frames, const FrameNames& names, Printer& to) {
  const unsigned count = machine_frames(frames);
  if (frames.count == 0) to << "    <empty stack>\n";
  std::size_t room = kStackTextBytes;
  for (unsigned i = 0; i < count; ++i) {
    const Address pc = code_address(frames, i);
    Printer measure;
    print_frame(i, pc, names, measure);
    if (measure.written() > room) {
      to << "    ... " << count - i << " more frames are left out\n";
      break;
    }
    room -= measure.written();
    print_frame(i, pc, names, to);
  }
  print_script(frames, count, names, to);
  to << '\n';
}

void print_summary(const char* kind, const Frames& frames, const FrameNames& names, Printer& to) {
  to << "SUMMARY: AddressSanitizer: " << kind;
  Address pc = 0;
  FrameName name;
  if (find_culprit(frames, names, pc, name)) {
    to << ' ';
    print_place(pc, names, to);
  }
  to << '\n';
}

void print_rule(Printer& to) {
  to << "=================================================================\n";
}

}  // namespace arenite
