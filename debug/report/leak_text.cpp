// SPDX-License-Identifier: MIT
#include "debug/report/facts_text.hpp"
#include "debug/report/leak_report.hpp"
#include "debug/report/stack_text.hpp"

namespace arenite {
namespace {

constexpr std::size_t kProgramBytes = 4096;

void print_group(const LeakGroup& group, const FrameNames& names, Printer& to) {
  to << (group.direct ? "Direct" : "Indirect") << " leak of " << group.bytes << " byte(s) in "
     << group.objects << " object(s) allocated from:\n";
  print_stack(group.allocated, names, to);
}

}  // namespace

void print_leaks_text(const LeakReport& report, const FrameNames& names, const Sink& sink) {
  Printer to(sink);
  to << "arenite: found by mode=" << report.mode << ": blocks nothing refers to\n";
  print_rule(to);
  to << "==" << report.process << "==ERROR: LeakSanitizer: detected memory leaks\n\n";
  const std::string_view program = cut_at(report.program, kProgramBytes);
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
  std::uint64_t left_out = 0;
  std::size_t room = kLeakTextBytes;
  for (const LeakGroup& group : report.groups) {
    bytes += group.bytes;
    objects += group.objects;
    Printer measure;
    print_group(group, names, measure);
    if (left_out != 0 || measure.written() > room) {
      ++left_out;
      continue;
    }
    room -= measure.written();
    print_group(group, names, to);
  }
  if (left_out != 0) to << "arenite: " << left_out << " more groups are left out\n\n";
  to << "SUMMARY: AddressSanitizer: " << bytes << " byte(s) leaked in " << objects
     << " allocation(s).\narenite: to see it again: ";
  print_environment(report.settings, report.seed, 0, to);
  to << ' ' << program << '\n';
  if (report.groups.empty() || report.groups[0].serial == 0) return;
  to << "arenite: to stop at an allocation of the first group: ";
  print_environment(report.settings, report.seed, report.groups[0].serial, to);
  to << " gdb --args " << program << '\n';
}

}  // namespace arenite
