// SPDX-License-Identifier: MIT
#include "debug/stacks/frame_program.hpp"

#include <sys/ucontext.h>

#include <cstddef>

#include "debug/stacks/frame_expression.hpp"
#include "debug/stacks/frame_instructions.hpp"

namespace arenite {
namespace {

constexpr std::uint64_t kRbp = 6, kRsp = 7;

/// Where ucontext_t has the interrupted rsp: what marks the frame of a signal for sure.
constexpr std::int64_t kContextRsp =
    offsetof(ucontext_t, uc_mcontext.gregs) + REG_RSP * sizeof(greg_t);

/// Where a register's value in the caller is.
struct Saved {
  enum class Kind : std::uint8_t { kept, undefined, at_offset, at_expression, elsewhere };
  Kind kind = Kind::kept;
  std::int64_t offset = 0;
  ByteReader expression;
};

struct Row {
  std::uint64_t cfa_register = ~std::uint64_t{0};
  std::int64_t cfa_offset = 0;
  bool cfa_computed = false;
  ByteReader cfa_expression;
  Saved rbp;
  Saved return_address;
};

class Interpreter {
 public:
  Interpreter(const FrameProgram& program, Address pc)
      : program_(program), pc_(pc), at_(program.begin) {}

  bool finish(Row& row) {
    if (!execute(program_.common)) return false;
    initial_ = row_;
    if (!execute(program_.function)) return false;
    row = row_;
    return true;
  }

 private:
  /// Deeper nesting than compilers emit.
  static constexpr unsigned kMostRemembered = 8;

  bool execute(ByteReader code) {
    while (!code.done() && at_ <= pc_) step(code);
    return code.good();
  }

  void step(ByteReader& code) {
    const auto byte = code.take<std::uint8_t>();
    const std::uint64_t operand = byte & 0x3f;
    switch (byte & 0xc0) {
      case kAdvanceLoc:
        return advance(operand);
      case kOffset:
        return save_at(operand, factored(code.take_uleb()));
      case kRestore:
        return restore(operand);
      default:
        return step_extended(byte, code);
    }
  }

  void step_extended(std::uint8_t instruction, ByteReader& code) {
    switch (instruction) {
      case kNop:
        return;
      case kSetLoc:
        at_ = next_location(code);
        return;
      case kAdvanceLoc1:
        return advance(code.take<std::uint8_t>());
      case kAdvanceLoc2:
        return advance(code.take<std::uint16_t>());
      case kAdvanceLoc4:
        return advance(code.take<std::uint32_t>());
      case kRememberState:
        return remember(code);
      case kRestoreState:
        return recall(code);
      case kGnuArgsSize:
        code.take_uleb();
        return;
      case kDefCfa:
      case kDefCfaSigned:
      case kDefCfaRegister:
      case kDefCfaOffset:
      case kDefCfaOffsetSigned:
      case kDefCfaExpression:
        return define_cfa(instruction, code);
      default:
        return define_register(instruction, code);
    }
  }

  void define_cfa(std::uint8_t instruction, ByteReader& code) {
    if (instruction == kDefCfaExpression) {
      row_.cfa_computed = true;
      row_.cfa_expression = code.take_part(code.take_uleb());
      return;
    }
    if (instruction == kDefCfa || instruction == kDefCfaSigned || instruction == kDefCfaRegister) {
      row_.cfa_computed = false;
      row_.cfa_register = code.take_uleb();
    }
    if (instruction == kDefCfa || instruction == kDefCfaOffset)
      row_.cfa_offset = static_cast<std::int64_t>(code.take_uleb());
    else if (instruction != kDefCfaRegister)
      row_.cfa_offset = factored(static_cast<std::uint64_t>(code.take_sleb()));
  }

  void define_register(std::uint8_t instruction, ByteReader& code) {
    const std::uint64_t number = code.take_uleb();
    switch (instruction) {
      case kOffsetExtended:
        return save_at(number, factored(code.take_uleb()));
      case kOffsetExtendedSigned:
        return save_at(number, factored(static_cast<std::uint64_t>(code.take_sleb())));
      case kGnuNegativeOffsetExtended:
        return save_at(number, -factored(code.take_uleb()));
      case kRestoreExtended:
        return restore(number);
      case kUndefined:
        return set(number, {Saved::Kind::undefined, 0, {}});
      case kSameValue:
        return set(number, {});
      case kExpression:
        return set(number, {Saved::Kind::at_expression, 0, code.take_part(code.take_uleb())});
      case kRegister:
      case kValOffset:
        code.take_uleb();
        return set(number, {Saved::Kind::elsewhere, 0, {}});
      case kValOffsetSigned:
        code.take_sleb();
        return set(number, {Saved::Kind::elsewhere, 0, {}});
      case kValExpression:
        code.take_part(code.take_uleb());
        return set(number, {Saved::Kind::elsewhere, 0, {}});
      default:
        code.fail();
    }
  }

  std::int64_t factored(std::uint64_t number) const {
    return static_cast<std::int64_t>(number * static_cast<std::uint64_t>(program_.data_alignment));
  }

  void advance(std::uint64_t units) {
    const Address to = at_ + units * program_.code_alignment;
    // A program that turns back is malformed, and so is one that passes the end of memory.
    at_ = to < at_ ? ~Address{0} : to;
  }

  Address next_location(ByteReader& code) {
    const Address to = code.take_pointer(program_.encoding, 0);
    return to < at_ ? ~Address{0} : to;
  }

  Saved* place(std::uint64_t number, Row& row) {
    if (number == kRbp) return &row.rbp;
    return number == program_.return_register ? &row.return_address : nullptr;
  }

  void set(std::uint64_t number, const Saved& saved) {
    if (Saved* to = place(number, row_)) *to = saved;
  }

  void save_at(std::uint64_t number, std::int64_t offset) {
    set(number, {Saved::Kind::at_offset, offset, {}});
  }

  void restore(std::uint64_t number) {
    if (const Saved* from = place(number, initial_)) set(number, *from);
  }

  void remember(ByteReader& code) {
    if (remembered_ == kMostRemembered) return code.fail();
    states_[remembered_++] = row_;
  }

  void recall(ByteReader& code) {
    if (remembered_ == 0) return code.fail();
    row_ = states_[--remembered_];
  }

  const FrameProgram& program_;
  Address pc_;
  Address at_;
  Row row_, initial_;
  Row states_[kMostRemembered];
  unsigned remembered_ = 0;
};

struct Place {
  FrameEnd end = FrameEnd::unknown;
  std::int64_t offset = 0;
};

Place frame_end(const Row& row, Address pc) {
  if (!row.cfa_computed) {
    if (row.cfa_register == kRsp) return {FrameEnd::from_rsp, row.cfa_offset};
    if (row.cfa_register == kRbp) return {FrameEnd::from_rbp, row.cfa_offset};
    return {};
  }
  FrameTerm term;
  if (!evaluate(row.cfa_expression, pc, nullptr, term)) return {};
  const auto offset = static_cast<std::int64_t>(term.offset);
  if (term.base == FrameTerm::Base::rsp)
    return {term.loaded ? FrameEnd::at_rsp : FrameEnd::from_rsp, offset};
  if (term.base == FrameTerm::Base::rbp)
    return {term.loaded ? FrameEnd::at_rbp : FrameEnd::from_rbp, offset};
  return {};
}

struct RbpPlace {
  SavedRbp saved = SavedRbp::lost;
  std::int64_t offset = 0;
};

RbpPlace saved_rbp(const Saved& rbp, Address pc) {
  switch (rbp.kind) {
    case Saved::Kind::kept:
      return {SavedRbp::kept, 0};
    case Saved::Kind::at_offset:
      return {SavedRbp::at_cfa, rbp.offset};
    case Saved::Kind::at_expression:
      break;
    default:
      return {};
  }
  const FrameTerm cfa{FrameTerm::Base::cfa, false, 0};
  FrameTerm term;
  if (!evaluate(rbp.expression, pc, &cfa, term) || term.loaded) return {};
  const auto offset = static_cast<std::int64_t>(term.offset);
  if (term.base == FrameTerm::Base::cfa) return {SavedRbp::at_cfa, offset};
  if (term.base == FrameTerm::Base::rbp) return {SavedRbp::at_rbp, offset};
  return {};
}

bool fits(std::int64_t offset, unsigned bits) {
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return offset >= -limit && offset < limit;
}

}  // namespace

UnwindRule carry_out(const FrameProgram& program, Address pc) {
  Row row;
  if (!Interpreter(program, pc).finish(row)) return {};
  if (row.return_address.kind == Saved::Kind::undefined) return UnwindRule(FrameEnd::outermost);
  const Place end = frame_end(row, pc);
  if (program.signal_frame)
    return UnwindRule(end.end == FrameEnd::at_rsp && end.offset == kContextRsp
                          ? FrameEnd::signal_frame
                          : FrameEnd::unknown);
  // The call instruction has put it there; code that moves it has no rule.
  if (row.return_address.kind != Saved::Kind::at_offset || row.return_address.offset != -8)
    return {};
  if (end.end == FrameEnd::unknown || !fits(end.offset, 32)) return {};
  RbpPlace rbp = saved_rbp(row.rbp, pc);
  if (!fits(rbp.offset, 24)) rbp = {};
  return UnwindRule(end.end, static_cast<std::int32_t>(end.offset), rbp.saved,
                    static_cast<std::int32_t>(rbp.offset));
}

}  // namespace arenite
