// SPDX-License-Identifier: MIT
#include "debug/report/json.hpp"
#include "debug/report/leak_report.hpp"

namespace arenite {
namespace {

void print_group(const LeakGroup& group, const FrameNames& names, JsonPrinter& to) {
  to.open('{')
      .number("bytes", group.bytes)
      .number("objects", group.objects)
      .truth("direct", group.direct)
      .number("serial", group.serial);
  print_stack_json(group.allocated, names, to);
  to.close('}');
}

}  // namespace

void print_leaks_json(const LeakReport& report, const FrameNames& names, const Sink& sink) {
  constexpr std::size_t kLiteralBytes = 4096;
  JsonPrinter to(sink);
  to.open('{')
      .text("schema", kReportSchema)
      .number("version", kReportSchemaVersion)
      .text("kind", "leaks")
      .text("fault", "memory-leak")
      .number("process", report.process)
      .open("groups", '[');
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
  std::uint64_t left_out = 0;
  std::size_t room = kLeakTextBytes;
  for (const LeakGroup& group : report.groups) {
    bytes += group.bytes;
    objects += group.objects;
    JsonPrinter measure;
    print_group(group, names, measure);
    const std::size_t needed = measure.written() + 1;
    if (left_out != 0 || needed > room) {
      ++left_out;
      continue;
    }
    room -= needed;
    print_group(group, names, to);
  }
  to.close(']')
      .number("groups_left_out", left_out)
      .number("bytes", bytes)
      .number("objects", objects)
      .text("mode", report.mode)
      .text("settings", cut_at(report.settings, kLiteralBytes))
      .number("seed", report.seed)
      .text("program", cut_at(report.program, kLiteralBytes))
      .close('}')
      .end_line();
}

}  // namespace arenite
