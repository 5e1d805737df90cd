// SPDX-License-Identifier: MIT
#include "debug/modes/incident.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "debug/modes/layer.hpp"
#include "debug/modes/own_operators.hpp"
#include "debug/modes/sanitizer_interface.hpp"
#include "debug/report/names.hpp"
#include "debug/stacks/capture.hpp"

namespace arenite {
namespace {

void get_stack(StackId id, Frames& frames) {
  frames.count = layer.depot.get(id, frames.pc, kMaxFrames);
}

void fill_block(const BlockFacts& facts, ReportedBlock& block) {
  block.known = facts.state != BlockState::none;
  block.facts = facts;
}

void fill_neighbours(Report& report) {
  const BlockFacts& block = report.block.facts;
  if (!report.block.known) return;
  BlockFacts facts;
  if (find_block(block.outer_begin - 1, facts)) fill_block(facts, report.before);
  if (find_block(block.outer_end, facts)) fill_block(facts, report.behind);
}

/// What may be read: the heap's pools are accessible throughout, of the page-guard heap only the
/// data pages of live blocks.
bool readable(Address at) {
  if (process_heap.owns(reinterpret_cast<const void*>(at))) return true;
  BlockFacts facts;
  return layer.pages.owns(at) && layer.pages.find(at, facts) && facts.state == BlockState::live &&
         at / kPageBytes >= facts.begin / kPageBytes &&
         at / kPageBytes <= (facts.begin + facts.size - (facts.size > 0 ? 1 : 0)) / kPageBytes;
}

ByteKind kind_of(Address at) {
  BlockFacts facts;
  if (!readable(at)) return ByteKind::unreadable;
  if (!find_block(at, facts)) return ByteKind::unknown;
  if (at < facts.begin || at >= facts.begin + facts.size) return ByteKind::guard;
  return facts.state == BlockState::live ? ByteKind::user : ByteKind::freed;
}

void fill_surroundings(Address bad, Surroundings& surroundings) {
  if (!process_heap.owns(reinterpret_cast<const void*>(bad)) && !layer.pages.owns(bad)) return;
  surroundings.begin = (bad & ~Address{15}) - 64;
  surroundings.count = Surroundings::kBytes;
  for (std::size_t i = 0; i < surroundings.count; ++i) {
    const Address at = surroundings.begin + i;
    surroundings.kinds[i] = kind_of(at);
    surroundings.bytes[i] = surroundings.kinds[i] == ByteKind::unreadable
                                ? std::uint8_t{0}
                                : *reinterpret_cast<const volatile std::uint8_t*>(at);
  }
}

/// What the thread does in Python, behind what it does in the machine.
void add_python_frames(Frames& frames) {
  if (!layer.python.has_frames()) return;
  Python::Walk walk;
  layer.python.walk(walk);
  frames.count = std::min(frames.count, kMaxFrames - Python::kMostFrames);
  frames.count += layer.python.name(walk, frames.pc + frames.count, Python::kMostFrames);
}

void fill_here(const ucontext_t* context, Report& report) {
  if (context != nullptr) {
    report.here.count = capture_from_context(*context, report.here.pc, kMaxFrames);
    report.here.exact_first = true;
    add_python_frames(report.here);
    report.pc = static_cast<Address>(context->uc_mcontext.gregs[REG_RIP]);
    report.bp = static_cast<Address>(context->uc_mcontext.gregs[REG_RBP]);
    report.sp = static_cast<Address>(context->uc_mcontext.gregs[REG_RSP]);
    return;
  }
  report.here.count = capture_stack(report.here.pc, kMaxFrames);
  add_python_frames(report.here);
  report.pc = report.here.count > 0 ? report.here.pc[0] : 0;
  report.bp = report.sp = reinterpret_cast<Address>(__builtin_frame_address(0));
}

void fill(const Incident& incident, Report& report) {
  report.fault = incident.fault;
  report.access = incident.access;
  report.access_bytes = incident.access_bytes;
  report.address = incident.bad;
  report.operation = incident.operation;
  std::strncpy(report.detail, incident.detail, sizeof report.detail - 1);
  report.thread = current_thread_number();
  fill_here(incident.context, report);
  fill_block(incident.block, report.block);
  if (report.block.known) {
    get_stack(incident.block.allocated, report.block.allocated);
    get_stack(incident.block.freed, report.block.freed);
  }
  fill_neighbours(report);
  fill_surroundings(incident.bad, report.surroundings);
  report.released_as = incident.released_as;
  report.released_bytes = incident.said_size;
  report.released_alignment = incident.said_alignment;
  report.allocated_alignment = incident.block.alignment;
  report.settings = layer.settings;
  report.seed = layer.seed;
  report.mode = layer.mode;
  if (layer.program[0] != '\0') report.program = layer.program;
}

bool goes_on(const Incident& incident) {
  return !incident.final &&
         (layer.options.on_error == OnError::go_on || layer.options.on_error == OnError::stop);
}

[[noreturn]] void end_process() {
  if (acquire_crash_state()) notify_death();
  if (layer.options.on_error == OnError::exit) ::_exit(static_cast<int>(layer.options.exit_code));
  // What the program does about SIGABRT may need what is broken.
  ::signal(SIGABRT, SIG_DFL);
  std::abort();
}

}  // namespace

void report_incident(const Incident& incident) {
  if (incident.fault == Fault::alloc_dealloc_mismatch && operators_explain(incident)) return;
  const bool continues = goes_on(incident);
  {
    const ToolsLookAway away(*layer.annotator);
    ReportDesk::Turn turn(layer.desk, incident.operation);
    if (turn) {
      fill(incident, turn.report());
      turn.deliver(continues ? Ending::goes_on : Ending::aborting);
    }
  }
  if (layer.options.on_error == OnError::stop) ::raise(SIGSTOP);
  if (!continues) end_process();
}

[[gnu::cold, gnu::noinline]] void report_unlocked(const char* operation, const void* block) {
  Incident incident;
  incident.fault = Fault::use_of_unlocked_interpreter;
  incident.bad = reinterpret_cast<Address>(block);
  incident.operation = operation;
  if (block == nullptr || !find_block(incident.bad, incident.block)) incident.block = {};
  report_incident(incident);
}

void report_no_block(Fault fault, const void* block, const char* operation) {
  Incident incident;
  incident.fault = fault;
  incident.bad = reinterpret_cast<Address>(block);
  incident.operation = operation;
  if (!find_block(incident.bad, incident.block)) incident.block = {};
  report_incident(incident);
}

Incident incident_of(const Damage& damage, const char* operation) {
  Incident incident;
  incident.fault = damage.fault;
  incident.bad = damage.bad;
  incident.operation = operation;
  incident.block = damage.block;
  incident.released_as = damage.released_as;
  incident.said_size = damage.said_size;
  incident.said_alignment = damage.said_alignment == kUnsaid ? 0 : damage.said_alignment;
  return incident;
}

}  // namespace arenite
