// SPDX-License-Identifier: MIT
// The arn_ functions of arenite/debug.h.
#include <unistd.h>

#include <cerrno>

#include "arenite/debug.h"
#include "debug/modes/layer.hpp"
#include "debug/modes/lost_blocks.hpp"
#include "debug/modes/page_blocks.hpp"
#include "debug/report/names.hpp"
#include "debug/report/output.hpp"
#include "debug/stacks/modules.hpp"

namespace arenite {
namespace {

void print_place(const PythonPlace& place, int file) {
  Text<32> line;
  line << place.line;
  for (const std::string_view part :
       {std::string_view("    File \""), place.file, std::string_view("\", line "),
        std::string_view(line.data(), line.size()), std::string_view(", in "), place.function,
        std::string_view("\n")})
    write_all(file, part);
}

void print_frames(StackId stack, const char* what, ThreadNumber thread, int file) {
  Address frames[kMaxFrames];
  const unsigned count = layer.depot.get(stack, frames, kMaxFrames);
  if (count == 0) return;
  Text<128> head;
  head << what << " by thread T" << thread << " here:\n";
  write_all(file, {head.data(), head.size()});
  for (unsigned i = 0; i < count; ++i) {
    ModuleFrame module;
    Text<1024> line;
    if (PythonPlace place; layer.python.place(frames[i], place)) {
      print_place(place, file);
      continue;
    }
    line << "    #" << i << " " << Hex{frames[i]};
    // The call lies before the address it returns to.
    if (find_module(frames[i] - 1, module))
      line << "  (" << module.path << "+" << Hex{module.offset} << ")";
    line << "\n";
    write_all(file, {line.data(), line.size()});
  }
}

void place_in(Address at, const BlockFacts& facts, Text<256>& line) {
  const Address end = facts.begin + facts.size;
  if (at < facts.begin)
    line << facts.begin - at << " bytes before";
  else if (at >= end && at != facts.begin)
    line << at - end << " bytes after";
  else
    line << at - facts.begin << " bytes inside of";
}

bool describe_block(Address at, int file) {
  const ToolsLookAway away(*layer.annotator);
  BlockFacts facts;
  if (!find_block(at, facts)) return false;
  Text<256> line;
  line << Hex{at} << " is ";
  place_in(at, facts, line);
  line << " a " << state_name(facts.state) << " block of " << std::uint64_t{facts.size}
       << " bytes at " << Hex{facts.begin} << ", serial " << facts.serial << ", from "
       << allocator_name(facts.family) << "\n";
  write_all(file, {line.data(), line.size()});
  if (facts.state == BlockState::freed) print_frames(facts.freed, "freed", facts.freed_by, file);
  print_frames(facts.allocated, "allocated", facts.allocated_by, file);
  return true;
}

bool intact(Address at) {
  const ToolsLookAway away(*layer.annotator);
  if (layer.pages.owns(at)) return check_page_block("arn_check", at);
  if (!layer.has_guarded()) return true;
  layer.check_name.store("arn_check", std::memory_order_relaxed);
  const bool good = layer.guarded.check_block(at);
  layer.check_name.store(nullptr, std::memory_order_relaxed);
  return good;
}

}  // namespace
}  // namespace arenite

extern "C" const char* arn_mode(void) {
  return arenite::layer.mode;
}

extern "C" size_t arn_check_all(void) {
  std::size_t checked = 0;
  return arenite::check_all_blocks("arn_check_all", checked);
}

extern "C" int arn_check(const void* address) {
  const auto at = reinterpret_cast<arenite::Address>(address);
  return arenite::intact(at) ? 1 : 0;
}

extern "C" int arn_describe(const void* address, int file_descriptor) {
  const auto at = reinterpret_cast<arenite::Address>(address);
  if (arenite::describe_block(at, file_descriptor)) return 1;
  arenite::Text<256> line;
  line << arenite::Hex{at} << " is no address of a block the debug layer knows ("
       << "mode=" << arenite::layer.mode << ")"
       << (arn_owns(address) != 0 ? ", but lies in the heap" : "") << "\n";
  return arenite::write_all(file_descriptor, {line.data(), line.size()}) ? 0 : -1;
}

extern "C" size_t arn_find_leaks(void) {
  return arenite::report_leaks();
}
