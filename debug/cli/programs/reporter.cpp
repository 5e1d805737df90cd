// SPDX-License-Identifier: MIT
// Reports a made-up write behind a block, with its true stacks:
//   reporter text|json [SYMBOLIZER]
// The test looks for lines by the words behind "line:".
#include <cstdlib>
#include <cstring>

#include "debug/report/desk.hpp"
#include "debug/report/module_names.hpp"
#include "debug/stacks/capture.hpp"
#include "debug/stacks/loaded_objects.hpp"

using namespace arenite;

namespace {

ReportDesk desk;
ModuleNames names;
Frames allocated;

void capture(Frames& frames) {
  frames.count = capture_stack(frames.pc, kMaxFrames);
}

}  // namespace

namespace sample {

struct Buffer {
  [[gnu::noinline]] char* grow(std::size_t bytes) {
    capture(allocated);  // line: grow
    return static_cast<char*>(std::malloc(bytes));
  }
};

[[gnu::always_inline]] inline void write_behind(Report& report, char* block, std::size_t bytes) {
  report.address = reinterpret_cast<Address>(block) + bytes;
  capture(report.here);  // line: write_behind
}

[[gnu::noinline]] void fail(Report& report, char* block, std::size_t bytes) {
  write_behind(report, block, bytes);  // line: fail
  report.block.facts.begin = reinterpret_cast<Address>(block);
  report.block.facts.size = bytes;
}

}  // namespace sample

int main(int count, char** words) {
  prepare_objects();
  DeskSettings settings;
  settings.names = names.names();
  if (count > 1 && std::strcmp(words[1], "json") == 0) settings.format = ReportFormat::json;
  if (count > 2) settings.symbolizer = words[2];
  if (!desk.open(settings)) return 2;
  sample::Buffer buffer;
  char* const block = buffer.grow(10);  // line: main grows
  ReportDesk::Turn turn(desk, "a test");
  if (!turn) return 2;
  Report& report = turn.report();
  report.fault = Fault::heap_buffer_overflow;
  report.access = Access::write;
  report.access_bytes = 1;
  report.settings = "mode=debug";
  report.block.known = true;
  report.block.facts.serial = 1;
  report.block.facts.state = BlockState::live;
  report.block.allocated = allocated;
  sample::fail(report, block, 10);  // line: main fails
  turn.deliver(Ending::aborting);
  std::free(block);
  return 0;
}
