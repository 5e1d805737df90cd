// SPDX-License-Identifier: MIT
// The tables' reader, by tables made here, right and wrong.
#include "debug/stacks/call_frames.hpp"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arenite {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// .eh_frame_hdr and .eh_frame of one function of 64 bytes, 4096 bytes behind their beginning.
class MadeTable {
 public:
  static constexpr Address kFunction = 4096, kFunctionBytes = 64;
  /// Where the version of the CIE lies.
  static constexpr std::size_t kCommonVersion = 28;

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

TEST(CallFramesTest, VersionsOfTheCommonEntry) {
  MadeTable table({0x0e, 16});
  std::uint8_t& version = table.bytes()[MadeTable::kCommonVersion];
  ASSERT_EQ(version, 1);
  for (const unsigned wrong : {0u, 2u, 4u, 255u}) {
    version = static_cast<std::uint8_t>(wrong);
    EXPECT_EQ(table.rule(1), UnwindRule()) << wrong;
  }
  version = 3;
  EXPECT_EQ(table.rule(1), from_rsp(16));
}

/// The first of more functions than one, of which only the first has an entry.
UnwindRule rule_with_count(std::size_t later_functions, std::uint32_t count_beyond_room) {
  constexpr std::size_t kCount = 8, kTable = 12, kEntryBytes = 8;
  MadeTable table({0x0e, 16});
  Bytes& bytes = table.bytes();
  // Later ones begin where no program counter is.
  const Bytes later = {0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0};
  for (std::size_t i = 0; i < later_functions; ++i)
    bytes.insert(bytes.begin() + kTable + kEntryBytes, later.begin(), later.end());
  bytes[kTable + 4] = static_cast<std::uint8_t>(bytes[kTable + 4] + later.size() * later_functions);
  // What is relative to its own place in .eh_frame has moved with it, but for the function.
  const std::size_t function_field = bytes.size() - 11;
  std::uint32_t to_function;
  std::memcpy(&to_function, &bytes[function_field], sizeof to_function);
  to_function -= static_cast<std::uint32_t>(later.size() * later_functions);
  std::memcpy(&bytes[function_field], &to_function, sizeof to_function);
  bytes.resize(bytes.size() - (bytes.size() - kTable) % kEntryBytes + kEntryBytes);
  const std::size_t room = (bytes.size() - kTable) / kEntryBytes;
  bytes[kCount] = static_cast<std::uint8_t>(room + count_beyond_room);
  bytes.shrink_to_fit();
  return table.rule(1);
}

TEST(CallFramesTest, AsManyFunctionsAsThereIsRoomFor) {
  // The search is over before it comes to what stands behind the functions.
  EXPECT_EQ(rule_with_count(12, 0), from_rsp(16));
  EXPECT_EQ(rule_with_count(12, 1), UnwindRule());
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
