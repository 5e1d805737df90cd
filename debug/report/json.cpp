// SPDX-License-Identifier: MIT
#include "debug/report/json.hpp"

#include <algorithm>

#include "debug/report/names.hpp"

namespace arenite {
namespace {

constexpr std::size_t kLiteralBytes = 4096;

void print_frame(Address pc, const FrameNames& names, JsonPrinter& to) {
  to.open('{').address("pc", pc);
  if (FrameName name; names.name(pc, name)) {
    to.bytes_as_text("module", name.module).address("offset", name.offset);
    if (!name.build_id.empty()) to.hex("build_id", name.build_id.data(), name.build_id.size());
  }
  to.close('}');
}

void print_access(const Report& report, JsonPrinter& to) {
  if (report.access == Access::none) {
    to.null("access");
    return;
  }
  to.open("access", '{').text("kind", access_name(report.access));
  if (report.access_bytes != 0) to.number("bytes", report.access_bytes);
  to.close('}');
}

void print_where(const BlockFacts& block, Address bad, JsonPrinter& to) {
  const Address end = block.begin + block.size;
  to.open("bad_address", '{');
  if (bad < block.begin) {
    to.text("where", "before").number("bytes", block.begin - bad);
  } else if (bad >= end) {
    to.text("where", "after").number("bytes", bad - end);
  } else {
    to.text("where", "inside").number("bytes", bad - block.begin);
  }
  to.close('}');
}

void print_facts(const BlockFacts& block, Address bad, JsonPrinter& to) {
  to.address("begin", block.begin)
      .number("bytes", block.size)
      .address("outer_begin", block.outer_begin)
      .address("outer_end", block.outer_end)
      .number("serial", block.serial)
      .text("state", state_name(block.state))
      .text("family", family_name(block.family))
      .text("allocator", allocator_name(block.family));
  print_where(block, bad, to);
}

void print_block(const Report& report, const FrameNames& names, JsonPrinter& to) {
  if (!report.block.known) {
    to.null("block");
    return;
  }
  const BlockFacts& block = report.block.facts;
  to.open("block", '{');
  print_facts(block, report.address, to);
  to.open("allocated", '{').number("thread", block.allocated_by);
  print_stack_json(report.block.allocated, names, to);
  to.close('}');
  if (block.state == BlockState::freed) {
    to.open("freed", '{').number("thread", block.freed_by);
    print_stack_json(report.block.freed, names, to);
    to.close('}');
  } else {
    to.null("freed");
  }
  to.close('}');
}

void print_neighbour(const char* key, const ReportedBlock& block, Address bad, JsonPrinter& to) {
  if (!block.known) {
    to.null(key);
    return;
  }
  to.open(key, '{');
  print_facts(block.facts, bad, to);
  to.number("thread", block.facts.allocated_by).close('}');
}

void print_release(const Report& report, JsonPrinter& to) {
  const bool mismatch = report.fault == Fault::alloc_dealloc_mismatch ||
                        report.fault == Fault::new_delete_type_mismatch;
  if (!mismatch) return;
  to.open("released", '{')
      .text("family", family_name(report.released_as))
      .text("releaser", releaser_name(report.released_as));
  if (report.released_bytes != kUnsaid) to.number("bytes", report.released_bytes);
  to.number("alignment", report.released_alignment)
      .number("allocated_alignment", report.allocated_alignment)
      .close('}');
}

void print_surroundings(const Surroundings& around, JsonPrinter& to) {
  const std::size_t count = std::min(around.count, Surroundings::kBytes);
  if (count == 0) {
    to.null("surroundings");
    return;
  }
  std::uint8_t shown[Surroundings::kBytes];
  char kinds[Surroundings::kBytes];
  for (std::size_t i = 0; i < count; ++i) {
    kinds[i] = kind_letter(around.kinds[i]);
    shown[i] = around.kinds[i] == ByteKind::unreadable ? std::uint8_t{0} : around.bytes[i];
  }
  to.open("surroundings", '{')
      .address("begin", around.begin)
      .hex("hex", shown, count)
      .text("kinds", {kinds, count})
      .close('}');
}

void print_script(const Frames& frames, unsigned first, const FrameNames& names, JsonPrinter& to) {
  if (first == frames.count) return;
  to.open("python_stack", '[');
  for (unsigned i = first; i < frames.count; ++i) {
    ScriptPlace place;
    if (!names.script(frames.pc[i], place)) continue;
    to.open('{')
        .bytes_as_text("file", place.file)
        .number("line", place.line)
        .bytes_as_text("function", place.function)
        .close('}');
  }
  to.close(']');
}

}  // namespace

void print_stack_json(const Frames& frames, const FrameNames& names, JsonPrinter& to) {
  to.open("stack", '[');
  std::size_t room = kStackJsonBytes;
  const unsigned count = machine_frames(frames);
  unsigned i = 0;
  for (; i < count; ++i) {
    const Address pc = code_address(frames, i);
    JsonPrinter measure;
    print_frame(pc, names, measure);
    const std::size_t needed = measure.written() + 1;
    if (needed > room) break;
    room -= needed;
    print_frame(pc, names, to);
  }
  to.close(']');
  if (i < count) to.number("frames_left_out", count - i);
  print_script(frames, count, names, to);
}

void print_json(const Report& report, const FrameNames& names, const Sink& sink) {
  JsonPrinter to(sink);
  to.open('{')
      .text("schema", kReportSchema)
      .number("version", kReportSchemaVersion)
      .text("kind", "error")
      .text("fault", fault_name(report))
      .text("sanitizer_name", sanitizer_name(report))
      .text("sentence", fault_sentence(report))
      .text("operation", cut_at(report.operation, kLiteralBytes))
      .text("detail", cut_at(report.detail, sizeof report.detail))
      .number("process", report.process)
      .number("thread", report.thread)
      .address("address", report.address)
      .address("pc", report.pc)
      .address("bp", report.bp)
      .address("sp", report.sp);
  print_access(report, to);
  print_stack_json(report.here, names, to);
  print_release(report, to);
  print_block(report, names, to);
  print_neighbour("before", report.before, report.address, to);
  print_neighbour("behind", report.behind, report.address, to);
  print_surroundings(report.surroundings, to);
  to.text("mode", report.mode)
      .text("settings", cut_at(report.settings, kLiteralBytes))
      .number("seed", report.seed)
      .text("program", cut_at(report.program, kLiteralBytes))
      .close('}')
      .end_line();
}

}  // namespace arenite
