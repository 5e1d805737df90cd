// SPDX-License-Identifier: MIT
// Single steps, by rules that are put into the table of remembered ones, on stacks that are made
// here.
#include "debug/stacks/walk.hpp"

#include <ucontext.h>

#include <array>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "debug/stacks/capture_fixture.hpp"

namespace arenite {
namespace {

/// Return addresses with a rule of their own. No object has them.
constexpr Address kFirst = 0x1000'0001, kSecond = 0x1000'1002, kThird = 0x1000'2003;

void plant(Address place, UnwindRule rule) {
  detail::RememberedRule& remembered = detail::remembered_at(place);
  remembered.rule = rule.word();
  remembered.check = detail::check_of(place, rule.word());
}

constexpr UnwindRule from_rsp(std::int32_t offset) {
  return {FrameEnd::from_rsp, offset, SavedRbp::kept, 0};
}

/// Steps out of frames on a page of its own.
class WalkTest : public CaptureTest {
 protected:
  /// Places where words lie.
  static constexpr std::size_t kWords = 512;

  void SetUp() override {
    CaptureTest::SetUp();
    words_ = reinterpret_cast<Address*>(stack_.begin);
    plant(kFirst, from_rsp(8));
    plant(kSecond, from_rsp(8));
  }
  void TearDown() override {
    forget_rules();
    CaptureTest::TearDown();
  }

  Address at(std::size_t word) const { return reinterpret_cast<Address>(words_ + word); }

  /// The stack from `place` on, with rsp and rbp as given.
  static Stack walked(Address place, Address sp, Address bp = 0, unsigned most = 8) {
    ucontext_t context{};
    context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(place - 1);
    context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(sp);
    context.uc_mcontext.gregs[REG_RBP] = static_cast<greg_t>(bp);
    NoTrace trace;
    auto walk = Walk<NoTrace>::from_context(context, trace);
    Address frames[kMost];
    return {frames, frames + walk.take(frames, most)};
  }

  const FencedStack stack_{kWords * sizeof(Address)};
  Address* words_;
};

TEST_F(WalkTest, AReturnAddressOfZeroEndsAStack) {
  words_[0] = kSecond;
  words_[1] = 0;
  words_[2] = kFirst;
  EXPECT_EQ(walked(kFirst, at(0)), (Stack{kFirst, kSecond}));
  words_[1] = 1;
  EXPECT_EQ(walked(kFirst, at(0)), (Stack{kFirst, kSecond, 1}));
}

TEST_F(WalkTest, FramesRiseByAlignedSteps) {
  words_[0] = words_[1] = words_[2] = kSecond;
  for (const std::int32_t wrong : {-16, -8, 0, 4, 12, 17}) {
    plant(kFirst, from_rsp(wrong));
    EXPECT_EQ(walked(kFirst, at(1)), Stack{kFirst}) << wrong;
  }
  plant(kFirst, from_rsp(16));
  words_[3] = 0;
  EXPECT_EQ(walked(kFirst, at(1)), (Stack{kFirst, kSecond}));
}

TEST_F(WalkTest, WordsBeyondTheStackAreNotRead) {
  words_[kWords - 1] = kSecond;
  EXPECT_EQ(walked(kFirst, at(kWords - 1)), (Stack{kFirst, kSecond}));
  EXPECT_EQ(walked(kFirst, at(kWords)), Stack{kFirst});
  EXPECT_EQ(walked(kFirst, at(0) - 8), Stack{kFirst});
}

TEST_F(WalkTest, AFrameThatEndsWhereAWordSays) {
  words_[20] = at(10);
  words_[9] = kSecond;
  words_[10] = 0;
  plant(kFirst, {FrameEnd::at_rsp, 160, SavedRbp::kept, 0});
  EXPECT_EQ(walked(kFirst, at(0)), (Stack{kFirst, kSecond}));
  plant(kFirst, {FrameEnd::at_rbp, -8, SavedRbp::kept, 0});
  EXPECT_EQ(walked(kFirst, at(0), at(21)), (Stack{kFirst, kSecond}));
  // No such word.
  EXPECT_EQ(walked(kFirst, at(0), at(21) + 1), Stack{kFirst});
  EXPECT_EQ(walked(kFirst, at(0), at(0)), Stack{kFirst});
  EXPECT_EQ(walked(kFirst, at(0), at(kWords) + 8), Stack{kFirst});
}

TEST_F(WalkTest, TheCallersRbpComesFromWhereTheRuleSays) {
  plant(kSecond, {FrameEnd::from_rbp, 8, SavedRbp::kept, 0});
  plant(kThird, UnwindRule(FrameEnd::outermost));
  words_[2] = kSecond;
  words_[5] = at(10);
  words_[10] = kThird;
  words_[6] = at(12);
  words_[12] = kFirst;
  words_[13] = 0;
  const Stack right{kFirst, kSecond, kThird};
  plant(kFirst, {FrameEnd::from_rsp, 24, SavedRbp::at_cfa, 16});
  EXPECT_EQ(walked(kFirst, at(0)), right);
  plant(kFirst, {FrameEnd::from_rsp, 24, SavedRbp::at_rbp, -8});
  EXPECT_EQ(walked(kFirst, at(0), at(6)), right);
  plant(kFirst, {FrameEnd::from_rsp, 24, SavedRbp::kept, 0});
  EXPECT_EQ(walked(kFirst, at(0), at(10)), right);
  // It is not known.
  plant(kFirst, {FrameEnd::from_rsp, 24, SavedRbp::lost, 0});
  EXPECT_EQ(walked(kFirst, at(0), at(10)), (Stack{kFirst, kSecond}));
  plant(kFirst, {FrameEnd::from_rsp, 24, SavedRbp::at_cfa, 17});
  EXPECT_EQ(walked(kFirst, at(0), at(10)), (Stack{kFirst, kSecond}));
  plant(kFirst, {FrameEnd::from_rsp, 24, SavedRbp::at_cfa, -32});
  EXPECT_EQ(walked(kFirst, at(0), at(10)), (Stack{kFirst, kSecond})) << "below the stack";
}

/// Of what a signal interrupted: at kSecond, with these registers.
ucontext_t interrupted(Address sp, Address bp) {
  ucontext_t context{};
  context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(kSecond - 1);
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(sp);
  context.uc_mcontext.gregs[REG_RBP] = static_cast<greg_t>(bp);
  return context;
}

TEST_F(WalkTest, FromASignalFrameToWhereverTheInterruptedStackIs) {
  plant(kFirst, UnwindRule(FrameEnd::signal_frame));
  plant(kSecond, {FrameEnd::from_rbp, 8, SavedRbp::kept, 0});
  plant(kThird, UnwindRule(FrameEnd::outermost));
  const FencedStack other(4096);
  auto* const other_words = reinterpret_cast<Address*>(other.begin);
  other_words[7] = kThird;
  const auto other_at = [&](std::size_t word) {
    return reinterpret_cast<Address>(other_words + word);
  };
  const ucontext_t context = interrupted(other_at(2), other_at(7));
  // The handler ran on a stack of its own, or on that of the thread.
  std::memcpy(words_, &context, sizeof context);
  EXPECT_EQ(walked(kFirst, at(0)), (Stack{kFirst, kSecond, kThird}));
  EXPECT_EQ(walked(kFirst, reinterpret_cast<Address>(&context)), (Stack{kFirst, kSecond, kThird}));
  // One that does not lie where its registers can be read.
  EXPECT_EQ(walked(kFirst, at(0) + 4), Stack{kFirst});
  EXPECT_EQ(walked(kFirst, at(kWords - 4)), Stack{kFirst});
}

TEST_F(WalkTest, TheOutermostFrameHasNoCaller) {
  plant(kFirst, UnwindRule(FrameEnd::outermost));
  words_[0] = kSecond;
  EXPECT_EQ(walked(kFirst, at(0), at(0)), Stack{kFirst});
}

TEST_F(WalkTest, UnknownCodeIsLeftByItsFramePointer) {
  plant(kFirst, UnwindRule(FrameEnd::unknown));
  plant(kThird, UnwindRule(FrameEnd::outermost));
  LoadedObject object;
  ASSERT_TRUE(find_object(reinterpret_cast<Address>(&interrupted), object));
  const Address known = object.begin + 17;
  plant(known, UnwindRule(FrameEnd::outermost));
  words_[4] = 0;
  words_[5] = known;
  const Stack right{kFirst, known};
  EXPECT_EQ(walked(kFirst, at(4), at(4)), right);
  EXPECT_EQ(walked(kFirst, at(0), at(4)), right);
  EXPECT_EQ(walked(kFirst, at(5), at(4)), Stack{kFirst}) << "below rsp";
  EXPECT_EQ(walked(kFirst, at(0), at(4) + 4), Stack{kFirst});
  // To code that is not known only if another frame follows.
  words_[5] = kThird;
  EXPECT_EQ(walked(kFirst, at(0), at(4)), Stack{kFirst});
  words_[4] = at(8);
  EXPECT_EQ(walked(kFirst, at(0), at(4)), (Stack{kFirst, kThird}));
  for (const Address wrong : {at(4), at(8) + 4, at(kWords)}) {
    words_[4] = wrong;
    EXPECT_EQ(walked(kFirst, at(0), at(4)), Stack{kFirst});
  }
  words_[4] = at(8);
  plant(known, UnwindRule(FrameEnd::unknown));
  EXPECT_EQ(walked(known, at(0), at(4)), Stack{known}) << "from code that is known";
  words_[5] = 0;
  EXPECT_EQ(walked(kFirst, at(0), at(4)), Stack{kFirst});
}

TEST_F(WalkTest, AFramePointerFarAboveIsToAnotherStack) {
  plant(kFirst, UnwindRule(FrameEnd::unknown));
  LoadedObject object;
  ASSERT_TRUE(find_object(reinterpret_cast<Address>(&interrupted), object));
  const Address known = object.begin + 17;
  plant(known, UnwindRule(FrameEnd::outermost));
  constexpr Address kFarthest = 1 << 20;
  const FencedStack large(2 * kFarthest);
  const auto begin = reinterpret_cast<Address>(large.begin);
  for (const Address distance : {kFarthest, kFarthest + 8})
    std::memcpy(large.begin + distance + 8, &known, sizeof known);
  EXPECT_EQ(walked(kFirst, begin + 8, begin + kFarthest + 8), (Stack{kFirst, known}));
  EXPECT_EQ(walked(kFirst, begin, begin + kFarthest + 8), Stack{kFirst});
}

TEST_F(WalkTest, ACallToNowhereLeftItsReturnAddress) {
  LoadedObject object, neighbour;
  ASSERT_TRUE(find_object(reinterpret_cast<Address>(&interrupted), object));
  ASSERT_FALSE(find_object(object.begin - 1, neighbour));
  ASSERT_FALSE(find_object(object.end, neighbour));
  const auto from_nowhere = [this](Address return_address, Address sp) {
    words_[0] = return_address;
    ucontext_t context{};
    context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(sp);
    Address frames[2];
    return Stack(frames, frames + capture_from_context(context, frames, 2));
  };
  // Behind the call's last byte.
  for (const Address right : {object.begin + 1, object.end})
    EXPECT_EQ(from_nowhere(right, at(0)), (Stack{0, right}));
  for (const Address wrong : {object.begin, object.end + 1, Address{0}})
    EXPECT_EQ(from_nowhere(wrong, at(0)), Stack{0});
  EXPECT_EQ(from_nowhere(object.end, at(0) + 4), Stack{0});
  EXPECT_EQ(from_nowhere(object.end, at(0) - 8), Stack{0});
}

/// Also that nothing was said of its code: it may be known since.
TEST_F(WalkTest, RulesThatAreForgottenAreLookedUpAgain) {
  const Address place = reinterpret_cast<Address>(&interrupted) + 2;
  const UnwindRule known = look_rule_up(place - 1);
  ASSERT_NE(known, UnwindRule());
  for (const UnwindRule wrong : {UnwindRule(), UnwindRule(FrameEnd::outermost)}) {
    plant(place, wrong);
    ASSERT_EQ(rule_before(place), wrong);
    const std::uint32_t before = times_forgotten();
    forget_rules();
    EXPECT_EQ(times_forgotten(), before + 1);
    EXPECT_EQ(rule_before(place), known);
  }
}

TEST(RememberedRulesTest, NeighboursDoNotShareAnEntry) {
  // As many bytes of code as there are entries.
  constexpr Address kBegin = 0x7f00'0000'0000;
  std::vector<unsigned> used(detail::kRememberedRules);
  for (Address place = kBegin; place < kBegin + detail::kRememberedRules; ++place)
    ++used[static_cast<std::size_t>(&detail::remembered_at(place) - detail::remembered_rules)];
  EXPECT_EQ(used, std::vector<unsigned>(detail::kRememberedRules, 1));
}

}  // namespace
}  // namespace arenite
