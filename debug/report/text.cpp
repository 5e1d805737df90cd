// SPDX-License-Identifier: MIT
#include "debug/report/text.hpp"

#include "debug/report/facts_text.hpp"
#include "debug/report/names.hpp"
#include "debug/report/stack_text.hpp"

namespace arenite {
namespace {

/// "on address 0x1 at pc 0x2 bp 0x3 sp 0x4", and who did what.
void print_access(const Report& report, Printer& to) {
  const Address pc = report.pc != 0 || report.here.count == 0 ? report.pc : report.here.pc[0];
  to << sanitizer_name(report) << " on address " << Pointer{report.address} << " at pc "
     << Pointer{pc} << " bp " << Pointer{report.bp} << " sp " << Pointer{report.sp} << '\n';
  if (report.fault == Fault::use_of_unlocked_interpreter) {
    to << "CALL of " << report.operation << " in thread T" << report.thread << '\n';
    return;
  }
  if (report.access == Access::none) {
    // What was written is known by what it changed: neither when, nor whence, nor how much.
    to << "WRITE of unknown size some time before this, found by " << report.operation
       << " in thread T" << report.thread << '\n';
    return;
  }
  to << (report.access == Access::read ? "READ" : "WRITE") << " of ";
  if (report.access_bytes != 0) {
    to << "size " << report.access_bytes;
  } else {
    to << "unknown size";
  }
  to << " at " << Pointer{report.address} << " thread T" << report.thread << '\n';
}

void print_alignment(const char* whose, std::size_t alignment, char end, Printer& to) {
  to << "  alignment of the " << whose << " type: " << (whose[0] == 'a' ? "  " : "");
  if (alignment == 0) {
    to << "default-aligned";
  } else {
    to << alignment << " bytes";
  }
  to << end << '\n';
}

void print_type_mismatch(const Report& report, Printer& to) {
  const bool sized = report.released_bytes != kUnsaid;
  to << "new-delete-type-mismatch on " << Pointer{report.address} << " in thread T" << report.thread
     << ":\n  object passed to delete has wrong type:\n"
     << "  size of the allocated type:   " << report.block.facts.size << " bytes;\n";
  const bool aligned = report.released_alignment != report.allocated_alignment;
  if (sized)
    to << "  size of the deallocated type: " << report.released_bytes << " bytes"
       << (aligned ? ";\n" : ".\n");
  if (!aligned) return;
  print_alignment("allocated", report.allocated_alignment, ';', to);
  print_alignment("deallocated", report.released_alignment, '.', to);
}

void print_wild_access(const Report& report, Printer& to) {
  to << "SEGV on unknown address " << Pointer{report.address} << " (pc " << Pointer{report.pc}
     << " bp " << Pointer{report.bp} << " sp " << Pointer{report.sp} << " T" << report.thread
     << ")\n";
  if (report.access == Access::none) return;
  to << "==" << report.process << "==The signal is caused by a "
     << (report.access == Access::read ? "READ" : "WRITE") << " memory access.\n";
}

void print_pointer_fault(const Report& report, Printer& to) {
  const std::string_view kind = sanitizer_name(report);
  if (kind == "double-free") {
    to << "attempting double-free on " << Pointer{report.address} << " in thread T" << report.thread
       << ":\n";
  } else {
    to << "attempting free on address which was not malloc()-ed: " << Pointer{report.address}
       << " in thread T" << report.thread << '\n';
  }
}

void print_error(const Report& report, Printer& to) {
  to << "==" << report.process << "==ERROR: AddressSanitizer: ";
  switch (report.fault) {
    case Fault::double_free:
    case Fault::bad_free:
    case Fault::bad_realloc:
      return print_pointer_fault(report, to);
    case Fault::alloc_dealloc_mismatch:
      to << "alloc-dealloc-mismatch (" << allocator_name(report.block.facts.family) << " vs "
         << releaser_name(report.released_as) << ") on " << Pointer{report.address} << '\n';
      return;
    case Fault::new_delete_type_mismatch:
      return print_type_mismatch(report, to);
    case Fault::bad_usable_size:
      to << "attempting to call malloc_usable_size() for pointer which is not owned: "
         << Pointer{report.address} << '\n';
      return;
    case Fault::memory_leak:
      to << "memory-leak on " << Pointer{report.address} << '\n';
      return;
    case Fault::wild_access:
      return print_wild_access(report, to);
    default:
      return print_access(report, to);
  }
}

/// The fault is of the pointer, not of a byte there.
bool is_of_pointer(Fault fault) {
  return fault != Fault::heap_buffer_overflow && fault != Fault::heap_buffer_underflow &&
         fault != Fault::heap_use_after_free;
}

void print_region(const Report& report, Printer& to) {
  const BlockFacts& block = report.block.facts;
  const Address end = block.begin + block.size;
  const bool begins = report.address == block.begin && is_of_pointer(report.fault);
  to << Pointer{report.address} << " is located ";
  if (report.address < block.begin) {
    to << block.begin - report.address << " bytes before ";
  } else if (report.address >= end && !begins) {
    to << report.address - end << " bytes after ";
  } else {
    to << report.address - block.begin << " bytes inside of ";
  }
  to << block.size << "-byte region [" << Pointer{block.begin} << ',' << Pointer{end} << ")\n";
}

void print_block(const Report& report, const FrameNames& names, Printer& to) {
  if (!report.block.known) return;
  const BlockFacts& block = report.block.facts;
  print_region(report, to);
  if (block.state == BlockState::freed) {
    to << "freed by thread T" << block.freed_by << " here:\n";
    print_stack(report.block.freed, names, to);
    to << "previously ";
  }
  to << "allocated by thread T" << block.allocated_by << " here:\n";
  print_stack(report.block.allocated, names, to);
}

}  // namespace

void print_text(const Report& report, const FrameNames& names, Ending ending, const Sink& sink) {
  Printer to(sink);
  print_finding(report, to);
  print_rule(to);
  print_error(report, to);
  print_stack(report.here, names, to);
  print_block(report, names, to);
  print_summary(sanitizer_name(report), report.here, names, to);
  print_surroundings(report, to);
  print_blocks(report, to);
  print_rerun(report, to);
  if (ending == Ending::aborting) to << "==" << report.process << "==ABORTING\n";
}

}  // namespace arenite
