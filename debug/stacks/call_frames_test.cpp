// SPDX-License-Identifier: MIT
// The tables' reader, by tables made here, by what elfutils reads from libc's, and by bytes that
// are wrong in every way.
#include "debug/stacks/call_frames.hpp"

#include <dwarf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <elfutils/libdw.h>
#include <gtest/gtest.h>

#include "debug/stacks/frame_expression.hpp"
#include "debug/stacks/loaded_objects.hpp"
#include "debug/stacks/modules.hpp"

namespace arenite {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// .eh_frame_hdr and .eh_frame of one function of 64 bytes, 4096 bytes behind their beginning.
class MadeTable {
 public:
  static constexpr Address kFunction = 4096, kFunctionBytes = 64;

  /// `common` goes behind the usual CIE: CFA = rsp + 8, return address at CFA - 8.
  explicit MadeTable(const Bytes& function, const std::string& letters = "zR",
                     const Bytes& common = {0x0c, 7, 8, 0x90, 1}) {
    bytes_ = {1, 0x1b, 0x03, 0x3b};
    put32(20 - 4);  // .eh_frame is at 20
    put32(1);
    put32(kFunction);
    const std::size_t entry_field = bytes_.size();
    put32(0);
    put_common(letters, common);
    set32(entry_field, static_cast<std::uint32_t>(bytes_.size()));
    put_function(function, letters[0] == 'z');
  }

  UnwindRule rule(Address distance) const {
    const auto begin = reinterpret_cast<Address>(bytes_.data());
    return read_rule(begin, {begin, begin + bytes_.size()}, begin + kFunction + distance);
  }

  Bytes& bytes() { return bytes_; }

 private:
  void put32(std::uint64_t number) {
    for (int i = 0; i < 4; ++i) bytes_.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  }
  void set32(std::size_t at, std::uint64_t number) {
    for (unsigned i = 0; i < 4; ++i) bytes_[at + i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  void put(const Bytes& bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  void put_common(const std::string& letters, const Bytes& instructions) {
    const std::size_t length = bytes_.size();
    put32(0);
    put32(0);
    bytes_.push_back(1);
    for (const char letter : letters) bytes_.push_back(static_cast<std::uint8_t>(letter));
    put({0, 1, 0x78, 16});
    if (letters[0] == 'z') {
      Bytes data;
      for (const char letter : letters) {
        if (letter == 'R') data.push_back(0x1b);
        if (letter == 'L') data.push_back(0x1b);
        if (letter == 'P') data.insert(data.end(), {0x9b, 1, 2, 3, 4});
      }
      bytes_.push_back(static_cast<std::uint8_t>(data.size()));
      put(data);
    }
    put(instructions);
    set32(length, bytes_.size() - length - 4);
  }

  void put_function(const Bytes& instructions, bool augmented) {
    const std::size_t length = bytes_.size();
    put32(0);
    put32(bytes_.size() - 20);
    put32(kFunction - bytes_.size());
    put32(kFunctionBytes);
    if (augmented) bytes_.push_back(0);
    put(instructions);
    set32(length, bytes_.size() - length - 4);
  }

  Bytes bytes_;
};

constexpr UnwindRule from_rsp(std::int32_t offset) {
  return {FrameEnd::from_rsp, offset, SavedRbp::kept, 0};
}

TEST(UnwindRuleTest, AWordKeepsAllParts) {
  const UnwindRule rule(FrameEnd::at_rbp, -2147483647 - 1, SavedRbp::at_rbp, -8388608);
  EXPECT_EQ(rule.end(), FrameEnd::at_rbp);
  EXPECT_EQ(rule.offset(), -2147483648LL);
  EXPECT_EQ(rule.rbp(), SavedRbp::at_rbp);
  EXPECT_EQ(rule.rbp_offset(), -8388608);
  EXPECT_EQ(UnwindRule().end(), FrameEnd::unknown);
  EXPECT_EQ(from_rsp(16).rbp_offset(), 0);
}

TEST(CallFramesTest, PrologueAndEpilogueOfAFramePointer) {
  // push rbp; mov rbp, rsp; ...; leave; ret
  const MadeTable table(
      {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x54, 0x0a, 0x0c, 7, 8, 0x41, 0x0b});
  EXPECT_EQ(table.rule(0), from_rsp(8));
  EXPECT_EQ(table.rule(1), UnwindRule(FrameEnd::from_rsp, 16, SavedRbp::at_cfa, -16));
  EXPECT_EQ(table.rule(4), UnwindRule(FrameEnd::from_rbp, 16, SavedRbp::at_cfa, -16));
  EXPECT_EQ(table.rule(24), UnwindRule(FrameEnd::from_rsp, 8, SavedRbp::at_cfa, -16));
  EXPECT_EQ(table.rule(25), UnwindRule(FrameEnd::from_rbp, 16, SavedRbp::at_cfa, -16));
  EXPECT_EQ(table.rule(63), table.rule(25));
}

TEST(CallFramesTest, NothingOutsideTheFunction) {
  const MadeTable table({0});
  EXPECT_EQ(table.rule(0), from_rsp(8));
  EXPECT_EQ(table.rule(63), from_rsp(8));
  EXPECT_EQ(table.rule(64), UnwindRule(FrameEnd::outermost));
  EXPECT_EQ(table.rule(~Address{0}), UnwindRule()) << "before the first function";
}

TEST(CallFramesTest, EachWayToSayTheSame) {
  const auto rule = [](const Bytes& code) { return MadeTable(code).rule(40); };
  EXPECT_EQ(rule({0x02, 40, 0x0e, 0x90, 0x01}), from_rsp(144)) << "advance_loc1, LEB of two bytes";
  EXPECT_EQ(rule({0x02, 41, 0x0e, 16}), from_rsp(8)) << "not there yet";
  EXPECT_EQ(rule({0x03, 40, 0, 0x0e, 16}), from_rsp(16)) << "advance_loc2";
  EXPECT_EQ(rule({0x04, 40, 0, 0, 0, 0x0e, 16}), from_rsp(16)) << "advance_loc4";
  EXPECT_EQ(rule({0x12, 7, 0x7e}), from_rsp(16)) << "def_cfa_sf";
  EXPECT_EQ(rule({0x13, 0x7d}), from_rsp(24)) << "def_cfa_offset_sf";
  EXPECT_EQ(rule({0x2e, 0x20}), from_rsp(8)) << "GNU_args_size";
  const UnwindRule saved(FrameEnd::from_rsp, 8, SavedRbp::at_cfa, -32);
  EXPECT_EQ(rule({0x05, 6, 4}), saved) << "offset_extended";
  EXPECT_EQ(rule({0x11, 6, 4}), saved) << "offset_extended_sf";
  EXPECT_EQ(rule({0x2f, 6, 0x7c}), UnwindRule(FrameEnd::from_rsp, 8, SavedRbp::at_cfa, 124 * 8));
  EXPECT_EQ(rule({0x86, 4, 0xc6}), from_rsp(8)) << "restore";
  EXPECT_EQ(rule({0x86, 4, 0x06, 6}), from_rsp(8)) << "restore_extended";
  EXPECT_EQ(rule({0x86, 4, 0x08, 6}), from_rsp(8)) << "same_value";
  const UnwindRule lost(FrameEnd::from_rsp, 8, SavedRbp::lost, 0);
  EXPECT_EQ(rule({0x07, 6}), lost) << "undefined";
  EXPECT_EQ(rule({0x09, 6, 3}), lost) << "register";
  EXPECT_EQ(rule({0x14, 6, 3}), lost) << "val_offset";
  EXPECT_EQ(rule({0x15, 6, 3}), lost) << "val_offset_sf";
  EXPECT_EQ(rule({0x16, 6, 1, 0x30}), lost) << "val_expression";
  EXPECT_EQ(rule({0x83, 2, 0x09, 12, 13}), from_rsp(8)) << "registers that do not matter";
}

TEST(CallFramesTest, WhatCannotBeSaidIsUnknown) {
  const auto rule = [](const Bytes& code) { return MadeTable(code).rule(40); };
  EXPECT_EQ(rule({0x0d, 3}), UnwindRule()) << "CFA from rbx";
  EXPECT_EQ(rule({0x90, 2}), UnwindRule()) << "return address elsewhere";
  EXPECT_EQ(rule({0x09, 16, 5}), UnwindRule()) << "return address in rdi";
  EXPECT_EQ(rule({0x3f}), UnwindRule()) << "no such instruction";
  EXPECT_EQ(rule({0x0b}), UnwindRule()) << "restore_state of nothing";
  EXPECT_EQ(rule(Bytes(9, 0x0a)), UnwindRule()) << "remember_state too often";
  EXPECT_EQ(rule(Bytes(8, 0x0a)), from_rsp(8));
  EXPECT_EQ(rule({0x0e}), UnwindRule()) << "operand missing";
  EXPECT_EQ(rule({0x0f, 9, 0x77}), UnwindRule()) << "expression cut off";
  EXPECT_EQ(rule({0x07, 16}), UnwindRule(FrameEnd::outermost)) << "return address undefined";
}

TEST(CallFramesTest, Augmentations) {
  EXPECT_EQ(MadeTable({0x0e, 16}, "zPLR").rule(1), from_rsp(16));
  EXPECT_EQ(MadeTable({0x0e, 16}, "zQR").rule(1), UnwindRule()) << "unknown letter";
  EXPECT_EQ(MadeTable({0x0e, 16}, "eh").rule(1), UnwindRule());
  // CFA = the word at rsp + 160, where a ucontext_t has rsp.
  const Bytes signal = {0x0f, 4, 0x77, 0xa0, 0x01, 0x06};
  EXPECT_EQ(MadeTable(signal, "zRS").rule(1), UnwindRule(FrameEnd::signal_frame));
  EXPECT_EQ(MadeTable(signal, "zR").rule(1), UnwindRule(FrameEnd::at_rsp, 160, SavedRbp::kept, 0));
  EXPECT_EQ(MadeTable({0x0e, 16}, "zRS").rule(1), UnwindRule()) << "a signal frame of another form";
}

TEST(CallFramesTest, ExpressionOfThePlt) {
  // rsp + 8 + (((rip & 15) >= 11) << 3), as every linker writes it.
  const MadeTable table({0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22});
  for (Address at = 0; at < 48; ++at) {
    const Address pc = reinterpret_cast<Address>(const_cast<MadeTable&>(table).bytes().data()) +
                       MadeTable::kFunction + at;
    EXPECT_EQ(table.rule(at), from_rsp(pc % 16 >= 11 ? 16 : 8)) << at;
  }
}

TEST(CallFramesTest, ExpressionsOfARealignedStack) {
  // CFA = the word at rbp - 8; rbp saved at rbp.
  const MadeTable table({0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0});
  EXPECT_EQ(table.rule(1), UnwindRule(FrameEnd::at_rbp, -8, SavedRbp::at_rbp, 0));
}

bool evaluates(const Bytes& code, FrameTerm& term) {
  const auto begin = reinterpret_cast<Address>(code.data());
  return evaluate({begin, begin + code.size()}, 1000, nullptr, term);
}

TEST(FrameExpressionTest, NumbersAndOperations) {
  const auto value = [](const Bytes& code) {
    FrameTerm term;
    EXPECT_TRUE(evaluates(code, term));
    EXPECT_EQ(term.base, FrameTerm::Base::none);
    return static_cast<std::int64_t>(term.offset);
  };
  EXPECT_EQ(value({0x4f}), 31);
  EXPECT_EQ(value({0x08, 200}), 200);
  EXPECT_EQ(value({0x09, 200}), -56);
  EXPECT_EQ(value({0x0a, 0, 0x80}), 32768);
  EXPECT_EQ(value({0x0b, 0, 0x80}), -32768);
  EXPECT_EQ(value({0x0c, 0, 0, 0, 0x80}), 2147483648);
  EXPECT_EQ(value({0x0d, 0, 0, 0, 0x80}), -2147483648);
  EXPECT_EQ(value({0x0f, 1, 0, 0, 0, 0, 0, 0, 0x80}), INT64_MIN + 1);
  EXPECT_EQ(value({0x10, 0x80, 1}), 128);
  EXPECT_EQ(value({0x11, 0x7f}), -1);
  EXPECT_EQ(value({0x80, 4}), 1004) << "rip + 4";
  EXPECT_EQ(value({0x3c, 0x39, 0x1c}), 3) << "12 - 9";
  EXPECT_EQ(value({0x3c, 0x39, 0x1a}), 8) << "12 & 9";
  EXPECT_EQ(value({0x3c, 0x39, 0x21}), 13) << "12 | 9";
  EXPECT_EQ(value({0x3c, 0x32, 0x25}), 3) << "12 >> 2";
  EXPECT_EQ(value({0x3c, 0x23, 5}), 17);
  EXPECT_EQ(value({0x32, 0x32, 0x29}), 1);
  EXPECT_EQ(value({0x32, 0x33, 0x2b}), 0) << "2 > 3";
  EXPECT_EQ(value({0x32, 0x33, 0x2c}), 1) << "2 <= 3";
  EXPECT_EQ(value({0x32, 0x33, 0x2d}), 1) << "2 < 3";
  EXPECT_EQ(value({0x32, 0x33, 0x2e}), 1) << "2 != 3";
}

TEST(FrameExpressionTest, WhatATermCannotSayIsRefused) {
  FrameTerm term;
  EXPECT_TRUE(evaluates({0x77, 8, 0x06}, term));
  EXPECT_TRUE(term.loaded);
  EXPECT_TRUE(evaluates({0x77, 8, 0x96, 0x38, 0x1c}, term));
  EXPECT_EQ(term.offset, 0u) << "rsp + 8, nothing, - 8";
  EXPECT_FALSE(evaluates({}, term));
  EXPECT_FALSE(evaluates({0x06}, term)) << "deref of nothing";
  EXPECT_FALSE(evaluates({0x32, 0x06}, term)) << "deref of a number";
  EXPECT_FALSE(evaluates({0x77, 8, 0x06, 0x06}, term)) << "deref twice";
  EXPECT_FALSE(evaluates({0x77, 8, 0x06, 0x23, 1}, term)) << "arithmetic behind deref";
  EXPECT_FALSE(evaluates({0x73, 8}, term)) << "rbx";
  EXPECT_FALSE(evaluates({0x77, 0, 0x77, 0, 0x22}, term)) << "rsp + rsp";
  EXPECT_FALSE(evaluates({0x77, 0, 0x31, 0x24}, term)) << "rsp << 1";
  EXPECT_FALSE(evaluates(Bytes(9, 0x31), term)) << "too many numbers";
  EXPECT_FALSE(evaluates({0x32, 0x33, 0xff}, term));
}

// ---------------------------------------------------------------------------------------------
// The tables of libc.

struct LibcTables {
  LoadedObject object;
  ByteRange readable;
  ByteRange text;
};

LibcTables libc_tables() {
  prepare_objects();
  LibcTables libc;
  EXPECT_TRUE(find_object(reinterpret_cast<Address>(&::a64l), libc.object));
  libc.readable = libc.object.readable_around(libc.object.frame_table);
  libc.text = libc.object.readable_around(reinterpret_cast<Address>(&::a64l));
  return libc;
}

/// The rule by elfutils; false where it needs more than a rule can say.
bool elfutils_rule(Dwarf_CFI* cfi, Address pc, UnwindRule& rule) {
  Dwarf_Frame* frame = nullptr;
  if (::dwarf_cfi_addrframe(cfi, pc, &frame) != 0) return false;
  const auto places = [&](int number, Dwarf_Op*& ops, std::size_t& count) {
    static Dwarf_Op memory[3];
    return ::dwarf_frame_register(frame, number, memory, &ops, &count) == 0;
  };
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  bool simple = places(16, ops, count) && count == 2 && ops[0].atom == DW_OP_call_frame_cfa &&
                ops[1].atom == DW_OP_plus_uconst && static_cast<std::int64_t>(ops[1].number) == -8;
  SavedRbp rbp = SavedRbp::lost;
  std::int32_t rbp_offset = 0;
  simple = simple && places(6, ops, count);
  if (count == 0 && ops == nullptr) {
    rbp = SavedRbp::kept;
  } else if (count == 2 && ops[0].atom == DW_OP_call_frame_cfa) {
    rbp = SavedRbp::at_cfa;
    rbp_offset = static_cast<std::int32_t>(ops[1].number);
  } else {
    simple = false;
  }
  simple = simple && ::dwarf_frame_cfa(frame, &ops, &count) == 0 && count == 1 &&
           ops[0].atom == DW_OP_bregx && (ops[0].number == 6 || ops[0].number == 7);
  if (simple)
    rule = {ops[0].number == 7 ? FrameEnd::from_rsp : FrameEnd::from_rbp,
            static_cast<std::int32_t>(ops[0].number2), rbp, rbp_offset};
  std::free(frame);
  return simple;
}

TEST(CallFramesTest, AgreesWithElfutilsAllOverLibc) {
  const LibcTables libc = libc_tables();
  const int file = ::open(libc.object.name, O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  ::elf_version(EV_CURRENT);
  Elf* elf = ::elf_begin(file, ELF_C_READ_MMAP, nullptr);
  Dwarf_CFI* cfi = ::dwarf_getcfi_elf(elf);
  ASSERT_NE(cfi, nullptr);
  unsigned agreed = 0, beyond = 0;
  for (Address pc = libc.text.begin; pc < libc.text.end; pc += 3) {
    const UnwindRule ours = read_rule(libc.object.frame_table, libc.readable, pc);
    UnwindRule theirs;
    if (elfutils_rule(cfi, pc - libc.object.bias, theirs)) {
      ++agreed;
      ASSERT_EQ(ours, theirs) << std::hex << pc - libc.object.bias;
    } else {
      ++beyond;
      ASSERT_TRUE(ours.end() != FrameEnd::from_rbp || ours.rbp() != SavedRbp::at_cfa)
          << "a plain rule elfutils does not have: " << std::hex << pc - libc.object.bias;
    }
  }
  EXPECT_GT(agreed, 200000u);
  EXPECT_GT(agreed, 20 * beyond);
  ::dwarf_cfi_end(cfi);
  ::elf_end(elf);
  ::close(file);
}

/// A copy of the tables between two inaccessible pages, at its front or its end.
class FencedCopy {
 public:
  enum Where { kAtFront, kAtEnd, kAlike };

  FencedCopy(const LibcTables& libc, Where where) {
    const std::size_t bytes = libc.readable.end - libc.object.frame_table;
    const std::size_t rounded = (bytes + 16 + 4095) / 4096 * 4096;
    mapped_bytes_ = rounded + 8192;
    mapped_ = static_cast<std::uint8_t*>(
        ::mmap(nullptr, mapped_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(mapped_ + 4096, rounded, PROT_READ | PROT_WRITE);
    data = mapped_ + 4096;
    if (where == kAtEnd) data += rounded - bytes;
    // Rules of PLT entries depend on the lowest bits of an address.
    if (where == kAlike) data += libc.object.frame_table % 16;
    std::memcpy(data, reinterpret_cast<const void*>(libc.object.frame_table), bytes);
    range = {reinterpret_cast<Address>(data), reinterpret_cast<Address>(data) + bytes};
    moved = range.begin - libc.object.frame_table;
  }
  ~FencedCopy() { ::munmap(mapped_, mapped_bytes_); }

  UnwindRule rule(Address pc) const { return read_rule(range.begin, range, pc + moved); }

  std::uint8_t* data;
  ByteRange range;
  Address moved;

 private:
  std::uint8_t* mapped_;
  std::size_t mapped_bytes_;
};

TEST(CallFramesTest, ACopyReadsTheSame) {
  const LibcTables libc = libc_tables();
  const FencedCopy copy(libc, FencedCopy::kAlike);
  unsigned known = 0;
  for (Address pc = libc.text.begin; pc < libc.text.end; pc += 37) {
    const UnwindRule rule = copy.rule(pc);
    known += rule != UnwindRule();
    ASSERT_EQ(rule, read_rule(libc.object.frame_table, libc.readable, pc));
  }
  EXPECT_GT(known, 10000u);
}

TEST(CallFramesTest, WrongBytesNeverLeadAstray) {
  const LibcTables libc = libc_tables();
  std::mt19937_64 random(20240);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  unsigned changed = 0;
  for (const FencedCopy::Where where : {FencedCopy::kAtFront, FencedCopy::kAtEnd}) {
    FencedCopy copy(libc, where);
    const std::size_t bytes = copy.range.end - copy.range.begin;
    const Bytes whole(copy.data, copy.data + bytes);
    for (int round = 0; round < 100000; ++round) {
      const Address pc = libc.text.begin + below(libc.text.end - libc.text.begin);
      const UnwindRule right = copy.rule(pc);
      // Near the beginning, where the header is, near an entry, or anywhere.
      std::size_t around = below(bytes);
      if (round % 3 == 0) around = below(64);
      if (round % 3 == 1) {
        std::int32_t entry;
        const std::size_t count = 3 * sizeof entry, entries = (bytes / 8 - count) / 4;
        std::memcpy(&entry, copy.data + count + below(entries / 8 + 1) * 8 + 4, sizeof entry);
        if (entry > 0 && static_cast<std::size_t>(entry) < bytes)
          around = static_cast<std::size_t>(entry);
      }
      std::vector<std::size_t> places;
      for (std::uint64_t i = below(6) + 1; i > 0; --i) {
        const std::size_t at = std::min(around + below(32), bytes - 1);
        static constexpr std::uint8_t kNasty[] = {0, 0xff, 0x80, 0x7f, 0x0a, 0x0b, 0x0f, 0x10};
        copy.data[at] = below(2) ? kNasty[below(8)] : static_cast<std::uint8_t>(random());
        places.push_back(at);
      }
      changed += copy.rule(pc) != right;
      copy.rule(pc + below(4096));
      for (const std::size_t at : places) copy.data[at] = whole[at];
      if (round % 1000 == 0) {
        ASSERT_EQ(copy.rule(pc), right) << "put back";
      }
    }
  }
  EXPECT_GT(changed, 1000u) << "the bytes matter";
}

TEST(CallFramesTest, WrongBytesInASmallTable) {
  std::mt19937_64 random(4711);
  const MadeTable right({0x41, 0x0e, 16, 0x86, 2,    0x43, 0x0d, 6,    0x0f, 3, 0x76, 0x78,
                         0x06, 0x10, 6,  2,    0x76, 0,    0x0a, 0x0c, 7,    8, 0x41, 0x0b},
                        "zPLR");
  unsigned changed = 0;
  for (int round = 0; round < 300000; ++round) {
    MadeTable wrong = right;
    for (std::uint64_t i = random() % 4 + 1; i > 0; --i)
      wrong.bytes()[random() % wrong.bytes().size()] = static_cast<std::uint8_t>(random());
    // Exactly as long as it is said to be, for AddressSanitizer to see.
    wrong.bytes().resize(wrong.bytes().size() - random() % 2 * (random() % 20));
    wrong.bytes().shrink_to_fit();
    changed += wrong.rule(10) != right.rule(10);
  }
  EXPECT_GT(changed, 10000u);
}

}  // namespace
}  // namespace arenite
