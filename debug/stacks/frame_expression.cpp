// SPDX-License-Identifier: MIT
#include "debug/stacks/frame_expression.hpp"

namespace arenite {
namespace {

enum Operation : std::uint8_t {
  kDeref = 0x06,
  kConst1u = 0x08,
  kConst1s = 0x09,
  kConst2u = 0x0a,
  kConst2s = 0x0b,
  kConst4u = 0x0c,
  kConst4s = 0x0d,
  kConst8u = 0x0e,
  kConst8s = 0x0f,
  kConstu = 0x10,
  kConsts = 0x11,
  kAnd = 0x1a,
  kMinus = 0x1c,
  kOr = 0x21,
  kPlus = 0x22,
  kPlusUconst = 0x23,
  kShl = 0x24,
  kShr = 0x25,
  kEq = 0x29,
  kGe = 0x2a,
  kGt = 0x2b,
  kLe = 0x2c,
  kLt = 0x2d,
  kNe = 0x2e,
  kLit0 = 0x30,
  kLit31 = 0x4f,
  kBreg0 = 0x70,
  kBreg31 = 0x8f,
  kNop = 0x96,
};

constexpr unsigned kRbp = 6, kRsp = 7, kRip = 16;

class Evaluation {
 public:
  Evaluation(ByteReader expression, Address pc) : code_(expression), pc_(pc) {}

  void push(const FrameTerm& term) {
    if (depth_ == kMostTerms)
      code_.fail();
    else
      terms_[depth_++] = term;
  }

  bool finish(FrameTerm& result) {
    while (code_.good() && !code_.done()) step(code_.take<std::uint8_t>());
    if (!code_.good() || depth_ == 0) return false;
    result = terms_[depth_ - 1];
    return true;
  }

 private:
  static constexpr unsigned kMostTerms = 8;

  void push_number(std::uint64_t number) { push({FrameTerm::Base::none, false, number}); }

  FrameTerm pop() {
    if (depth_ == 0) {
      code_.fail();
      return {};
    }
    return terms_[--depth_];
  }

  void step(std::uint8_t operation) {
    if (operation >= kLit0 && operation <= kLit31)
      push_number(static_cast<std::uint64_t>(operation - kLit0));
    else if (operation >= kBreg0 && operation <= kBreg31)
      push_register(static_cast<unsigned>(operation - kBreg0));
    else if (operation >= kConst1u && operation <= kConsts)
      push_constant(operation);
    else if (operation == kDeref)
      load();
    else if (operation == kPlusUconst)
      add(code_.take_uleb());
    else if (operation != kNop)
      combine(operation);
  }

  void push_register(unsigned number) {
    const auto offset = static_cast<std::uint64_t>(code_.take_sleb());
    if (number == kRsp)
      push({FrameTerm::Base::rsp, false, offset});
    else if (number == kRbp)
      push({FrameTerm::Base::rbp, false, offset});
    else if (number == kRip)
      push_number(pc_ + offset);
    else
      code_.fail();
  }

  void push_constant(std::uint8_t operation) {
    // The operations stand in pairs of formats: 1, 2, 4, 8 bytes, LEB; unsigned, then signed.
    static constexpr std::uint8_t kFormats[] = {
        PointerEncoding::kUnsigned2, PointerEncoding::kSigned2,   PointerEncoding::kUnsigned4,
        PointerEncoding::kSigned4,   PointerEncoding::kUnsigned8, PointerEncoding::kSigned8,
        PointerEncoding::kUleb,      PointerEncoding::kSleb};
    if (operation == kConst1u)
      push_number(code_.take<std::uint8_t>());
    else if (operation == kConst1s)
      push_number(static_cast<std::uint64_t>(std::int64_t{code_.take<std::int8_t>()}));
    else
      push_number(code_.take_formatted(kFormats[operation - kConst2u]));
  }

  void load() {
    FrameTerm term = pop();
    if (term.base == FrameTerm::Base::none || term.loaded) return code_.fail();
    term.loaded = true;
    push(term);
  }

  void add(std::uint64_t number) {
    FrameTerm term = pop();
    if (term.loaded) return code_.fail();
    term.offset += number;
    push(term);
  }

  void combine(std::uint8_t operation) {
    const FrameTerm second = pop(), first = pop();
    if (second.base != FrameTerm::Base::none) return code_.fail();
    if (first.base == FrameTerm::Base::none)
      return push_number(computed(operation, first.offset, second.offset));
    push(first);
    if (operation == kPlus)
      add(second.offset);
    else if (operation == kMinus)
      add(0 - second.offset);
    else
      code_.fail();
  }

  std::uint64_t computed(std::uint8_t operation, std::uint64_t first, std::uint64_t second) {
    const auto left = static_cast<std::int64_t>(first), right = static_cast<std::int64_t>(second);
    switch (operation) {
      case kAnd:
        return first & second;
      case kMinus:
        return first - second;
      case kOr:
        return first | second;
      case kPlus:
        return first + second;
      case kShl:
        return second < 64 ? first << second : 0;
      case kShr:
        return second < 64 ? first >> second : 0;
      case kEq:
        return left == right;
      case kGe:
        return left >= right;
      case kGt:
        return left > right;
      case kLe:
        return left <= right;
      case kLt:
        return left < right;
      case kNe:
        return left != right;
      default:
        code_.fail();
        return 0;
    }
  }

  ByteReader code_;
  Address pc_;
  FrameTerm terms_[kMostTerms];
  unsigned depth_ = 0;
};

}  // namespace

bool evaluate(ByteReader expression, Address pc, const FrameTerm* initial, FrameTerm& result) {
  Evaluation evaluation(expression, pc);
  if (initial != nullptr) evaluation.push(*initial);
  return evaluation.finish(result);
}

}  // namespace arenite
