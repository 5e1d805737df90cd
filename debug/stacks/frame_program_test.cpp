// SPDX-License-Identifier: MIT
// Programs of call frame instructions, byte by byte: what no compiler emits has no rule.
#include "debug/stacks/frame_program.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/frame_instructions.hpp"

namespace arenite {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The CFA is rsp + 8, the return address lies at CFA - 8.
const Bytes kCommon = {kDefCfa, 7, 8, kOffset | 16, 1};

/// The rule at the end of a function that has these instructions.
UnwindRule rule_of(const Bytes& function) {
  const auto reader = [](const Bytes& bytes) {
    const auto begin = reinterpret_cast<Address>(bytes.data());
    return ByteReader(begin, begin + bytes.size());
  };
  FrameProgram program;
  program.begin = 0x1000;
  program.data_alignment = -8;
  program.return_register = 16;
  program.common = reader(kCommon);
  program.function = reader(function);
  return carry_out(program, 0x2000);
}

constexpr UnwindRule kAtEntry{FrameEnd::from_rsp, 8, SavedRbp::kept, 0};

TEST(FrameProgramTest, InstructionsThatChangeNothing) {
  for (const Bytes& function : std::vector<Bytes>{
           {}, {kNop}, {kGnuArgsSize, 0x80, 1}, {kUndefined, 3}, {kRememberState, kRestoreState}})
    EXPECT_EQ(rule_of(function), kAtEntry);
}

TEST(FrameProgramTest, WhatIsNoInstructionEndsIt) {
  // Each takes a number, if it is read as one that names a register.
  for (const unsigned unknown : {0x17u, 0x1cu, 0x2bu, 0x30u, 0x3fu})
    EXPECT_EQ(rule_of({static_cast<std::uint8_t>(unknown), 0}), UnwindRule()) << unknown;
}

TEST(FrameProgramTest, WhatIsCutOffEndsIt) {
  for (const std::uint8_t cut : {kDefCfa, kDefCfaOffset, kOffsetExtended, kUndefined, kAdvanceLoc1})
    EXPECT_EQ(rule_of({cut}), UnwindRule()) << unsigned{cut};
}

TEST(FrameProgramTest, NothingIsRecalledThatWasNotRemembered) {
  EXPECT_EQ(rule_of({kRestoreState}), UnwindRule());
  EXPECT_EQ(rule_of(Bytes(8, kRememberState)), kAtEntry);
  EXPECT_EQ(rule_of(Bytes(9, kRememberState)), UnwindRule());
  EXPECT_EQ(rule_of({kRememberState, kDefCfaOffset, 16, kRestoreState}), kAtEntry);
}

TEST(FrameProgramTest, WhereRbpIs) {
  EXPECT_EQ(rule_of({kOffset | 6, 2}), UnwindRule(FrameEnd::from_rsp, 8, SavedRbp::at_cfa, -16));
  EXPECT_EQ(rule_of({kOffset | 6, 2, kSameValue, 6}), kAtEntry);
  EXPECT_EQ(rule_of({kOffset | 6, 2, kRestore | 6}), kAtEntry);
  EXPECT_EQ(rule_of({kUndefined, 6}), UnwindRule(FrameEnd::from_rsp, 8, SavedRbp::lost, 0));
  EXPECT_EQ(rule_of({kValOffset, 6, 1}), UnwindRule(FrameEnd::from_rsp, 8, SavedRbp::lost, 0));
  EXPECT_EQ(rule_of({kUndefined, 16}), UnwindRule(FrameEnd::outermost));
}

}  // namespace
}  // namespace arenite
